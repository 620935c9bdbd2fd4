"""Files changed together: all of them, or none. A run that was killed is taken back first."""

from __future__ import annotations

import base64
import grp
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .errors import Trouble

STATE = Path("/var/lib/socle/imaging")
UNDO = STATE / "undo.json"


@dataclass(frozen=True)
class Wanted:
    """A file as it has to be; ``text`` None: only mode and group are set right."""

    text: str | None
    mode: int
    group: str = "root"


def differs(path: Path, wanted: Wanted) -> bool:
    """Whether the file is not as wanted."""
    try:
        found = path.stat()
        same = wanted.text is None or path.read_text(encoding="utf-8") == wanted.text
    except (OSError, ValueError):
        return True
    gid = grp.getgrnam(wanted.group).gr_gid
    return not same or (found.st_mode & 0o7777, found.st_uid, found.st_gid) != (wanted.mode, 0, gid)


def remember(paths: Mapping[Path, Wanted]) -> None:
    """Keep the files as they are now: `take_back` is possible from here on, whatever happens."""
    STATE.mkdir(parents=True, exist_ok=True, mode=0o700)
    write(UNDO, json.dumps([_as_it_is(path) for path in paths]).encode(), 0o600)


def make(changes: Mapping[Path, Wanted]) -> None:
    """Write the files, each in one step."""
    for path, wanted in changes.items():
        content = path.read_bytes() if wanted.text is None else wanted.text.encode()
        write(path, content, wanted.mode, grp.getgrnam(wanted.group).gr_gid)


def take_back() -> None:
    """Put the remembered files back. Raises Trouble, and can be tried again."""
    for row in json.loads(UNDO.read_text(encoding="utf-8")):
        path = Path(row["path"])
        if _as_it_is(path) == row:
            continue  # a disk that is full or read-only has no say in what never changed
        if row["content"] is None:
            path.unlink(missing_ok=True)
        else:
            write(path, base64.b64decode(row["content"]), row["mode"], row["gid"], row["uid"])


def forget() -> None:
    """The change holds: there is no way back any more."""
    UNDO.unlink(missing_ok=True)


def pending() -> bool:
    """Whether a run was killed in the middle of a change."""
    return UNDO.exists()


def keep_original(path: Path) -> None:
    """The file as it was before Socle first changed it, beside it, for root's eyes."""
    beside = path.with_name(f"{path.name}.before-socle")
    if path.exists() and not beside.exists():
        write(beside, path.read_bytes(), 0o600)


def write(path: Path, content: bytes, mode: int, gid: int = 0, uid: int = 0) -> None:
    """A file in one step: never half of it, never readable by others for a moment.

    Raises:
        Trouble: the file is as it was (a disk that is full, or read-only).
    """
    half = path.with_name(f".{path.name}.socle")
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
            path.parent.chmod(0o755)
        half.unlink(missing_ok=True)
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchown(handle, uid, gid)
            os.fchmod(handle, mode)
            os.fsync(handle)
        half.replace(path)
    except OSError as error:
        with suppress(OSError):
            half.unlink()
        raise Trouble(f"{path} cannot be written: {error.strerror}") from None


def _as_it_is(path: Path) -> dict[str, object]:
    row: dict[str, object] = {"path": str(path), "content": None}
    if path.exists():
        found = path.stat()
        row |= {"mode": found.st_mode & 0o7777, "uid": found.st_uid, "gid": found.st_gid}
        row["content"] = base64.b64encode(path.read_bytes()).decode()
    return row
