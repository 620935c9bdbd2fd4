"""A SQLite database, copied while its program goes on, or while it stands still."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from backup.errors import BackupError
from backup.paused import holder, paused

PATIENCE = 5.0
"""Seconds for a program to end what it is writing."""
COMPANIONS = ("", "-wal", "-shm", "-journal")
NEEDED = ("", "-wal", "-journal")
"""What SQLite recovers from; ``-shm`` is made anew."""


def dump(source: Path, target: Path) -> None:
    """Copy the database, whole and checked. ``BackupError``, ``OSError``, ``sqlite3.Error``.

    Orthanc holds its index for as long as it runs (``locking_mode=EXCLUSIVE``): SQLite's
    own backup would wait for ever.
    """
    if not source.is_file():
        raise BackupError("the database file is missing")
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
    with paused(process):
        for end in NEEDED:
            part = Path(f"{source}{end}")
            if part.exists():
                shutil.copyfile(part, f"{target}{end}")


def _judge(target: Path) -> None:
    copy = sqlite3.connect(target)
    try:
        copy.execute("PRAGMA journal_mode=DELETE")
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        copy.close()
    if verdict != "ok":
        raise BackupError("the database is damaged (integrity_check)")
