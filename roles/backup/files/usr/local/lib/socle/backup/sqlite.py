"""A SQLite database, copied while its program goes on, or while it stands still."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path

from backup import folders
from backup.errors import BackupError
from backup.paused import holder, paused

PATIENCE = 5.0
"""Seconds for a program to end what it is writing."""
COMPANIONS = ("", "-wal", "-shm", "-journal")
NEEDED = ("", "-wal", "-journal")
"""What SQLite recovers from; ``-shm`` is made anew."""
PART = 1024**2
JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
"""A journal begins with it, and ends with it where the name of a super-journal stands before."""
FOREIGN = "what lies beside the database is a link, no file, or another account's"


def dump(source: Path, target: Path) -> None:
    """Copy the database, whole and checked. ``BackupError``, ``OSError``, ``sqlite3.Error``.

    Orthanc holds its index for as long as it runs (``locking_mode=EXCLUSIVE``): SQLite's
    own backup would wait for ever.
    """
    if not source.is_file():
        raise BackupError("the database file is missing")
    source = source.resolve()  # SQLite writes beside the file, not beside a link to it
    for end in COMPANIONS:
        with suppress(FileNotFoundError):
            if not stat.S_ISREG(Path(f"{source}{end}").lstat().st_mode):
                raise BackupError(FOREIGN)  # SQLite would wait at a pipe for ever
    if not _alive(source, target):
        _held(source, target)
    _judge(target)


def _alive(source: Path, target: Path) -> bool:
    """Copy it through SQLite; whether its program let us read."""
    live = sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=PATIENCE)
    copy = sqlite3.connect(target)
    try:
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master")  # takes the lock that the copy needs
        live.backup(copy)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            return False
        raise
    finally:
        live.close()
        copy.close()
    return True


def _held(source: Path, target: Path) -> None:
    """Copy the files of a database whose program never lets go."""
    process = holder(source)
    if not process:
        raise BackupError("the database is locked, by a program that cannot be told")
    with folders.opened(source.parent) as folder, paused(process):
        owner = os.stat(source.name, dir_fd=folder, follow_symlinks=False).st_uid
        for end in NEEDED:
            _copy(f"{source.name}{end}", folder, owner, Path(f"{target}{end}"))
    _refuse_super_journal(Path(f"{target}-journal"))


def _copy(name: str, folder: int, owner: int, target: Path) -> None:
    """Copy a file, if it is there; its owner may exchange it for a link, a pipe, another's file."""
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise BackupError(FOREIGN) if error.errno == errno.ELOOP else error from None
    with os.fdopen(handle, "rb") as data:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != owner:
            raise BackupError(FOREIGN)
        left = found.st_size
        with target.open("wb") as copy:
            while part := data.read(min(left, PART)):
                copy.write(part)
                left -= len(part)


def _refuse_super_journal(journal: Path) -> None:
    """``BackupError`` if a name is at the journal's end: SQLite deletes the file that it names."""
    if not journal.exists():
        return
    with journal.open("rb") as data:
        data.seek(max(0, journal.stat().st_size - len(JOURNAL_MAGIC)))
        if data.read() != JOURNAL_MAGIC:
            return
    journal.unlink()
    raise BackupError("its program writes several databases at once: their journals name others")


def _judge(target: Path) -> None:
    copy = sqlite3.connect(target)
    try:
        copy.execute("PRAGMA journal_mode=DELETE")
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        copy.close()
    if verdict != "ok":
        raise BackupError("the database is damaged (integrity_check)")
