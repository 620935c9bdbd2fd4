"""What was found out about bundles, kept between runs: by content, never by name or date."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from socle.errors import SocleError
from socle.region.model import Head

SHAPE = 1  # of what is kept; another one is thrown away
_TABLES = """
CREATE TABLE IF NOT EXISTS heads (sha256 TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS verdicts (sha256 TEXT, judge TEXT, content TEXT,
    PRIMARY KEY (sha256, judge)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS signatures (sha256 TEXT, trust TEXT, state TEXT,
    PRIMARY KEY (sha256, trust)) WITHOUT ROWID;
"""


class Cache:
    """A file in the operator's folder; each result is in it as soon as it is known.

    ``judge`` and ``trust`` are digests of all that a verdict, or a signature's state, hangs on.
    """

    def __init__(self, state: Path) -> None:
        """Opens, or makes, ``state``/region.sqlite, for its owner alone. Raises SocleError."""
        self._path = state / "region.sqlite"
        try:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
            self._path.chmod(0o600)  # names of practices stand in it
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
        groups = tuple(data.pop("groups"))
        return Head(sha256=sha256, collected=moment, groups=groups, **data)

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

    def signature(self, sha256: str, trust: str) -> str | None:
        """The state of a signature as ``trust`` sees it (socle.evidence.signature.State)."""
        return self._one(
            "SELECT state FROM signatures WHERE sha256 = ? AND trust = ?", sha256, trust
        )

    def keep_signature(self, sha256: str, trust: str, state: str) -> None:
        """Keep the state of a signature."""
        self._put("signatures", sha256, trust, state)

    def _prepare(self) -> None:
        (shape,) = self._db.execute("PRAGMA user_version").fetchone()
        if shape not in {0, SHAPE}:
            for table in ("heads", "verdicts", "signatures"):
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
