"""What the owner of a SQLite database puts beside it leads root's copy nowhere else."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
from contextlib import closing, nullcontext

import pytest
from backup import sqlite
from backup.errors import BackupError

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")


@pytest.fixture
def held(tmp_path, monkeypatch):
    """A database whose program never lets go: read as files."""
    live, source = tmp_path / "live", tmp_path / "app.sqlite"
    with closing(sqlite3.connect(live)) as database:
        database.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (x)")
        shutil.copy(live, source)
        shutil.copy(f"{live}-wal", tmp_path / "wal")
    monkeypatch.setattr(sqlite, "_alive", lambda *_: False)
    monkeypatch.setattr(sqlite, "holder", lambda _: 4242)
    monkeypatch.setattr(sqlite, "paused", lambda _: nullcontext())
    return source


def test_a_held_database_is_copied_with_what_its_log_holds(held, tmp_path):
    (tmp_path / "wal").rename(f"{held}-wal")
    (tmp_path / "link").symlink_to(held)  # Orthanc's folder may be a link
    sqlite.dump(tmp_path / "link", tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy")) as copy:
        assert copy.execute("SELECT name FROM sqlite_master").fetchall() == [("t",)]


def test_a_journal_that_names_another_file_is_not_played(held, tmp_path):
    victim = tmp_path / "shadow"
    victim.write_text("root's")
    name = bytes(victim)
    magic = bytes.fromhex("d9d505f920a163d7")
    header = magic + struct.pack(">IIIII", 0, 0, 2, 512, 4096)
    ending = struct.pack(">I", 0) + name + struct.pack(">II", len(name), sum(name))
    journal = tmp_path / "app.sqlite-journal"
    journal.write_bytes(header.ljust(512, b"\0") + ending + magic)
    with pytest.raises(BackupError, match="name others"):
        sqlite.dump(held, tmp_path / "copy")
    assert victim.exists()
    assert not (tmp_path / "copy-journal").exists(), "nobody plays it later"


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("put", ["link", "pipe", pytest.param("another's", marks=AS_ROOT)])
def test_what_lies_beside_a_database_is_its_own(held, tmp_path, monkeypatch, put, late):
    """Also where it is put there after the first look."""
    beside = tmp_path / "app.sqlite-wal"
    if put == "link":
        (tmp_path / "secret").write_text("root's")
        beside.symlink_to("secret")
    elif put == "pipe":
        os.mkfifo(beside)
    else:
        beside.write_text("root's")
        os.chown(beside, 4242, -1)
    if late:
        monkeypatch.setattr(sqlite, "COMPANIONS", ())
    with pytest.raises(BackupError, match="beside the database"):
        sqlite.dump(held, tmp_path / "copy")
    assert not (tmp_path / "copy-wal").exists()
