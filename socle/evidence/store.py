"""The folder of what was kept about a practice: one JSON document a run, one an apply.

A name is ``20261122T110500Z-run.json``, its moment in UTC. A document is there whole or not at all,
also when two runs end at once or one is killed. What others put into the folder is never touched.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Literal

from socle.evidence import files

Kind = Literal["run", "apply"]
_NAME = re.compile(r"(?P<moment>\d{8}T\d{6}Z)-(?P<kind>run|apply)(-(?P<number>\d+))?\.json")
_FORM = "%Y%m%dT%H%M%SZ"
_LEFTOVER = timedelta(days=1)  # a half-written file of a killed run


def operator_state() -> Path:
    """The operator's own folder for what Socle keeps between runs."""
    return _operators("XDG_STATE_HOME", ".local/state")


def operator_cache() -> Path:
    """The operator's own folder for what costs only time when it is gone."""
    return _operators("XDG_CACHE_HOME", ".cache")


def operator_config() -> Path:
    """The operator's own folder for keys and settings."""
    return _operators("XDG_CONFIG_HOME", ".config")


def _operators(variable: str, usual: str) -> Path:
    named = Path(os.environ.get(variable, ""))
    return (named if named.is_absolute() else Path.home() / usual) / "socle"


def state_folder(practice: str) -> Path:
    """Where the history of the practice with this id is kept unless it says otherwise."""
    return operator_state() / "history" / practice


def keep(folder: Path, kind: Kind, moment: datetime, document: Mapping[str, Any]) -> Path:
    """Add a document; nobody but its owner may read it. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
    name = f"{moment.astimezone(UTC):{_FORM}}-{kind}"
    for number in count(1):
        path = folder / (f"{name}.json" if number == 1 else f"{name}-{number}.json")
        try:
            files.add(path, content)
        except FileExistsError:
            continue
        break
    return path


def documents(folder: Path) -> Iterator[tuple[Path, str, bytes | None]]:
    """Each file of the folder, in the order of time: path, "run", "apply" or "", content.

    The content is None where it cannot be read, or is nobody's. Hidden files are not there yet,
    and are left out. Raises OSError when the folder cannot be read.
    """
    if not folder.exists():
        return
    shown = (path for path in folder.iterdir() if not path.name.startswith("."))
    for path in sorted(shown, key=_order):
        named = _NAME.fullmatch(path.name)
        if named is None:
            yield path, "", None
            continue
        try:
            yield path, named["kind"], path.read_bytes()
        except FileNotFoundError:
            continue  # another run has just forgotten it
        except OSError:
            yield path, named["kind"], None


def forget(folder: Path, days: int, now: datetime) -> None:
    """Remove what is older than ``days``, but never the newest run nor the newest apply.

    Nothing where all that was kept before ``now`` is older: a clock that jumped ends no history.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    limit = now - timedelta(days=days)
    newest: set[str] = set()
    old = []
    jumped = True
    for path in sorted(folder.iterdir(), key=_order, reverse=True):
        named = _NAME.fullmatch(path.name)
        if named is None:
            continue
        moment = datetime.strptime(named["moment"], _FORM).replace(tzinfo=UTC)
        if named["kind"] in newest and moment < limit:
            old.append(path)
        jumped = jumped and not limit <= moment < now
        newest.add(named["kind"])
    for path in () if jumped else old:
        path.unlink(missing_ok=True)
    for path in folder.glob(".*-*.json.*"):
        with suppress(FileNotFoundError):  # another run has just completed it
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < now - _LEFTOVER:
                path.unlink()


def _order(path: Path) -> tuple[str, int, str]:
    """By moment; within a second, in the order in which the documents came."""
    named = _NAME.fullmatch(path.name)
    known = (named["moment"], int(named["number"] or 1)) if named else ("", 0)
    return (*known, path.name)
