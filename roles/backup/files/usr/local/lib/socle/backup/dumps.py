"""Databases, written out whole before their files are read: a copy of a live file is torn."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from backup import paths, sqlite, state
from backup.config import Database
from backup.errors import BackupError, explained


def make(databases: Sequence[Database]) -> dict[str, str | None]:
    """Dump each into ``paths.DUMPS``. Name -> why it failed, None where it did not."""
    clean()
    state.folder(paths.DUMPS)
    results: dict[str, str | None] = {}
    for database in databases:
        try:
            _KINDS[database.kind](database)
            results[database.name] = None
        except sqlite3.Error as error:
            results[database.name] = f"SQLite: {getattr(error, 'sqlite_errorname', 'error')}"
        except Exception as error:
            results[database.name] = explained(error)
    return results


def clean() -> None:
    """Remove the dumps; they are as confidential as the databases."""
    shutil.rmtree(paths.DUMPS, ignore_errors=True)


def live_files(databases: Sequence[Database]) -> list[str]:
    """Files that must not be read while they live: their dump is in the snapshot instead."""
    return [
        f"{_index(one)}{companion}"
        for one in databases
        if one.kind in ("sqlite", "orthanc")
        for companion in sqlite.COMPANIONS
    ]


def storage(databases: Sequence[Database]) -> list[str]:
    """Folders that belong to a database and are read after its dump (Orthanc's images)."""
    return [one.path for one in databases if one.kind == "orthanc"]


def _postgresql(database: Database) -> None:
    name = database.database or database.name
    runuser = ("runuser", "-u", "postgres", "--")
    target = paths.DUMPS / f"{database.name}.pgdump"
    _into(target, *runuser, "pg_dump", "--no-password", "--format=custom", "--", name)
    _into(
        paths.DUMPS / f"{database.name}.globals.sql",
        *(*runuser, "pg_dumpall", "--no-password", "--globals-only"),
    )
    with target.open("rb") as dump:
        listed = subprocess.run(
            ["pg_restore", "--list"], stdin=dump, capture_output=True, check=False
        )
    if listed.returncode != 0:
        raise BackupError("the dump cannot be read back")


def _mariadb(database: Database) -> None:
    target = paths.DUMPS / f"{database.name}.sql"
    name = database.database or database.name
    how = ("--single-transaction", "--routines", "--triggers", "--events", "--hex-blob")
    _into(target, "mariadb-dump", *how, "--databases", name)
    with target.open("rb") as dump:
        dump.seek(max(0, target.stat().st_size - 200))
        if b"-- Dump completed" not in dump.read():
            raise BackupError("the dump is not complete")


def _sqlite(database: Database) -> None:
    sqlite.dump(_index(database), paths.DUMPS / f"{database.name}.sqlite")


_KINDS: dict[str, Callable[[Database], None]] = {
    "postgresql": _postgresql,
    "mariadb": _mariadb,
    "sqlite": _sqlite,
    "orthanc": _sqlite,
}


def _index(database: Database) -> Path:
    """The SQLite file: Orthanc keeps it as ``index`` beside its images."""
    path = Path(database.path)
    return path / "index" if database.kind == "orthanc" else path


def _into(target: Path, *command: str) -> None:
    with target.open("wb") as file:
        try:
            done = subprocess.run(
                command, stdout=file, stderr=subprocess.PIPE, check=False, cwd="/"
            )
        except FileNotFoundError:
            raise BackupError(f"{command[0]} is not installed") from None
    if done.returncode != 0:
        full = b"no space left on device" in done.stderr.lower()
        program = next(word for word in command if "dump" in word)
        raise BackupError("this host's disk is full" if full else f"{program} failed")
