"""What a backup server takes out of a client's repository so that it can be read again.

Append-only means that a client cannot remove; it can still add. A false file among the keys,
indexes or snapshots, written on purpose or cut short by a full disk, makes restic refuse the
repository. The data are all there: only the server can move the false file away. Nothing is deleted
here.

``tidy`` moves what is not what its name says (restic names files by the hash of their content).
``rewind`` moves all that arrived after a moment, for a client that has been in the wrong hands.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from backup import folders, paths, state
from backup.config import Config, Served
from backup.errors import BackupError, explained

NAMED_BY_HASH = ("index", "keys", "locks", "snapshots")
SETTLED = timedelta(minutes=10)
"""A file that changed so recently may still be on its way."""


def tidy(config: Config, only: tuple[str, ...] = ()) -> dict[str, Any]:
    """Client -> how many false files were moved away."""
    before = state.now() - SETTLED
    results = {}
    for one in _chosen(config, only):
        try:
            results[one.client] = {"result": "ok", "moved": tidied(one, before)}
        except Exception as error:
            results[one.client] = {"result": "failed", "moved": 0, "reason": explained(error)}
    return results


def tidied(one: Served, before: datetime) -> int:
    """Move a client's false files that arrived ``before``; how many there were."""
    return _move(one, lambda file: _arrived(file) <= before and _false(file, Path(one.path)))


def rewind(config: Config, client: str, moment: datetime) -> dict[str, Any]:
    """Make a client's repository what it was at ``moment``. Run again with a later one, it is late.

    ``BackupError`` where the server itself has changed the repository since: what it removed then
    does not come back.
    """
    (one,) = _chosen(config, (client,))
    pruned = state.read(paths.PRUNES, {}).get(client, {})
    if pruned.get("removed") and state.moment(pruned["time"]) >= moment:
        raise BackupError(
            f"snapshots were pruned since, at {pruned['time']}: choose a later moment"
        )
    return {client: {"result": "ok", "moved": _move(one, lambda file: _arrived(file) > moment)}}


def _move(one: Served, wanted: Callable[[Path], bool]) -> int:
    repository = Path(one.path)
    place = repository.parent / f".quarantine-{one.client}" / f"{state.now():%Y%m%dT%H%M%S}"
    moved = stay = 0
    for file in map(Path, folders.files(repository)):
        try:
            if wanted(file):
                target = place / file.relative_to(repository)
                state.folder(target.parent)
                shutil.move(file, target)  # a client may have a file system of its own
                moved += 1
        except FileNotFoundError:
            continue  # a lock, for one: its restic has ended
        except OSError:
            stay += 1  # its name is too long for another folder above it, for one
    if stay:
        raise BackupError(f"{stay} files cannot be read or moved away; {moved} were")
    return moved


def _false(file: Path, repository: Path) -> bool:
    """Whether a file's content is not what its name says. Of data only empty files are judged.

    What lies elsewhere, restic does not look at.
    """
    if file.parent.parent == repository and file.parent.name in NAMED_BY_HASH:
        with file.open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest() != file.name
    return file.parent.parent == repository / "data" and file.stat().st_size == 0


def _arrived(file: Path) -> datetime:
    return state.arrived(file.stat().st_mtime)


def _chosen(config: Config, only: tuple[str, ...]) -> list[Served]:
    known = {one.client: one for one in config.served}
    if not known:
        raise BackupError("this machine keeps no backups of others")
    unknown = [one for one in only if one not in known]
    if unknown:
        raise BackupError(f"no client {unknown[0]} (there are: {', '.join(known)})")
    return [known[one] for one in only or known]


def lines(results: dict[str, Any]) -> list[str]:
    """The results in words."""
    return [
        f"{client}: " + (one.get("reason") or f"{one['moved']} files moved away")
        for client, one in results.items()
    ]
