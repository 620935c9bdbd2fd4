"""What was found out about bundles, kept between runs: by content, never by name or date."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from socle.errors import SocleError
from socle.evidence.files import own_folder
from socle.region.model import Head, Seal

SHAPE = 2  # of what is kept; another one is thrown away
_TABLES = """
CREATE TABLE IF NOT EXISTS heads (sha256 TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS verdicts (sha256 TEXT, judge TEXT, content TEXT,
    PRIMARY KEY (sha256, judge)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS signatures (sha256 TEXT, trust TEXT, content TEXT,
    PRIMARY KEY (sha256, trust)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counted (machine TEXT PRIMARY KEY, sha256 TEXT, content TEXT)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS newest (machine TEXT PRIMARY KEY, moment TEXT) WITHOUT ROWID;
"""


class Cache:
    """A file in the operator's folder; each result is in it as soon as it is known.

    ``judge`` and ``trust`` are digests of all that a verdict, or a signature's state, hangs on.
    """

    def __init__(self, state: Path) -> None:
        """Opens, or makes, ``state``/region.sqlite, for its owner alone. Raises SocleError."""
        self._path = state / "region.sqlite"
        try:
            own_folder(state)
            # Names of practices stand in it: its owner's alone, and never through a link.
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            os.fchmod(handle, 0o600)
            os.close(handle)
            # Each result is a transaction of its own: a killed run keeps what it knew.
            self._db = sqlite3.connect(self._path, timeout=60, isolation_level=None)
            self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise SocleError(f"{self._path}: {error}; remove it and run again") from None

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the file."""
        self._db.close()

    def head(self, sha256: str) -> Head | None:
        """What a bundle says of itself, if it was read before."""
        text = self._one("SELECT content FROM heads WHERE sha256 = ?", sha256)
        if text is None:
            return None
        data = json.loads(text)
        moment = datetime.fromisoformat(data.pop("collected"))
        groups, hosts = tuple(data.pop("groups")), tuple(data.pop("hosts"))
        return Head(sha256=sha256, collected=moment, groups=groups, hosts=hosts, **data)

    def known(self, sha256: str) -> Head:
        """What a bundle that was read says of itself. Raises SocleError: it is gone."""
        head = self.head(sha256)
        if head is None:
            raise SocleError("the results of this run were removed while it ran: run again")
        return head

    def keep_head(self, head: Head) -> None:
        """Keep what a bundle says of itself."""
        data = asdict(head) | {"collected": head.collected.isoformat()}
        del data["sha256"]
        self._put("heads", head.sha256, json.dumps(data, separators=(",", ":")))

    def verdicts(self, sha256: str, judge: str) -> Mapping[str, str] | None:
        """The verdicts that ``judge`` gave before."""
        query = "SELECT content FROM verdicts WHERE sha256 = ? AND judge = ?"
        text = self._one(query, sha256, judge)
        found: dict[str, str] | None = None if text is None else json.loads(text)
        return found

    def keep_verdicts(self, sha256: str, judge: str, verdicts: Mapping[str, str]) -> None:
        """Keep the verdicts of ``judge``."""
        self._put("verdicts", sha256, judge, json.dumps(dict(verdicts), separators=(",", ":")))

    def seal(self, sha256: str, trust: str) -> Seal | None:
        """What a signature is worth, as ``trust`` sees it."""
        query = "SELECT content FROM signatures WHERE sha256 = ? AND trust = ?"
        text = self._one(query, sha256, trust)
        return None if text is None else Seal(*json.loads(text))

    def keep_seal(self, sha256: str, trust: str, seal: Seal) -> None:
        """Keep what a signature is worth."""
        self._put("signatures", sha256, trust, json.dumps([seal.state, seal.signer]))

    def counted(self, machine: str) -> tuple[str, Mapping[str, str]] | None:
        """The bundle and the verdicts that stood for a machine in the last run."""
        query = "SELECT json_array(sha256, content) FROM counted WHERE machine = ?"
        text = self._one(query, machine)
        if text is None:
            return None
        sha256, content = json.loads(text)
        return sha256, json.loads(content)

    def keep_counted(self, machine: str, sha256: str, verdicts: Mapping[str, str]) -> None:
        """Keep what stood for a machine."""
        self._put("counted", machine, sha256, json.dumps(dict(verdicts), separators=(",", ":")))

    def newest(self, machine: str) -> datetime | None:
        """The latest moment of which a machine's evidence ever counted."""
        text = self._one("SELECT moment FROM newest WHERE machine = ?", machine)
        return None if text is None else datetime.fromisoformat(text)

    def keep_newest(self, machine: str, moment: datetime) -> None:
        """Keep of what moment a machine's evidence is."""
        self._put("newest", machine, moment.isoformat())

    def _prepare(self) -> None:
        (shape,) = self._db.execute("PRAGMA user_version").fetchone()
        if shape not in {0, SHAPE}:
            for table in ("heads", "verdicts", "signatures", "counted", "newest"):
                self._db.execute(f"DROP TABLE IF EXISTS {table}")
        self._db.executescript(f"{_TABLES} PRAGMA user_version={SHAPE};")

    def _one(self, query: str, *values: str) -> str | None:
        try:
            row: tuple[Any, ...] | None = self._db.execute(query, values).fetchone()
        except sqlite3.Error as error:
            raise SocleError(f"{self._path}: {error}; remove it and run again") from None
        return None if row is None else str(row[0])

    def _put(self, table: str, *values: str) -> None:
        places = ", ".join("?" * len(values))
        try:
            self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({places})", values)  # noqa: S608
        except sqlite3.Error as error:
            raise SocleError(f"{self._path}: {error}: nothing more can be kept") from None
