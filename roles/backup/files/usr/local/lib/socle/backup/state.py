"""The host's own records: small JSON files of root's, written in one step."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backup.errors import BackupError

_EARLIEST, _LATEST = (one.replace(tzinfo=UTC) for one in (datetime.min, datetime.max))


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime | None = None) -> str:
    """A moment (now) as text, to the second: ``2026-11-22T02:10:00Z``."""
    moment = (moment or now()).astimezone(UTC)
    return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z"


def moment(text: str) -> datetime:
    """A time as restic or this module writes it, in UTC. ``BackupError`` if it is none.

    Whoever makes a snapshot chooses its date: one before the year 1, or after 9999, is the nearest
    that there is.
    """
    head, dot, tail = text.partition(".")
    if dot:  # restic gives nanoseconds, and its zone behind them
        digits = len(tail) - len(tail.lstrip("0123456789"))
        text = f"{head}.{tail[:digits][:6]:0<6}{tail[digits:]}"
    if text.startswith("0000-"):
        return _EARLIEST
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        raise BackupError("not a time such as 2026-11-22T02:10:00Z") from None
    except OverflowError:
        return _EARLIEST if text.startswith("0001-") else _LATEST


def arrived(seconds: float) -> datetime:
    """When a file system says that a file was written; one of no year of ours is the nearest."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return _LATEST if seconds > 0 else _EARLIEST


def folder(path: Path) -> Path:
    """Make a folder that only root enters."""
    for one in (*reversed(path.parents), path):  # mkdir's own way to do it ends at some depth
        with suppress(FileExistsError):
            one.mkdir(mode=0o700)
    path.chmod(0o700)
    return path


def read(path: Path, default: Any) -> Any:
    """What was recorded, or ``default`` where nothing (readable) is."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError):
        return default
    return found if isinstance(found, type(default)) else default


def write(path: Path, data: Any) -> None:
    """Replace the record; whoever is killed, or has no space left, leaves the old one."""
    folder(path.parent)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
            json.dump(data, file, indent=1, sort_keys=True)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError:
        half.unlink(missing_ok=True)
        raise
