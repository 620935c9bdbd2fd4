"""What a restore test will ask for: a canary and some real files, with their hashes.

The manifest itself names the files. It lives on the host only while a backup runs, and then in the
(encrypted) snapshot. The host keeps a record without names: salted hashes of paths, and contents'.
"""

from __future__ import annotations

import hashlib
import os
import random
import secrets
import stat
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from backup import paths, state
from backup.names import Left

LARGEST = 64 * 1024 * 1024
"""Bytes: the sample leaves larger files alone, so that a test stays short."""
TRIES = 25
DRAWN = 8  # names of a folder, of which the first that is no link is taken
RUNS_KEPT = 120


def make(
    host: str, folders: Sequence[str], excludes: Sequence[str], count: int, left: Left
) -> dict[str, Any]:
    """Write canary and manifest for the run that begins; the manifest."""
    state.folder(paths.STATE)
    canary = secrets.token_bytes(4096)
    paths.CANARY.write_bytes(canary)
    made = {
        "made": state.stamp(),
        "host": host,
        "canary": hashlib.sha256(canary).hexdigest(),
        "files": [entry(one) for one in sample(folders, excludes, count, left)],
    }
    made["files"] = [one for one in made["files"] if one]
    state.write(paths.MANIFEST, made)
    return made


def keep(made: dict[str, Any]) -> None:
    """Record what did not change while the backup ran, without names; remove the manifest."""
    salt = secrets.token_hex(16)
    record = {
        "canary": made["canary"],
        "salt": salt,
        "files": {
            hidden(one["path"], salt): one["sha256"]
            for one in made["files"]
            if _looks(Path(one["path"])) == (one["bytes"], one["mtime_ns"])
        },
    }
    runs = state.read(paths.SAMPLE, {})
    runs[made["made"]] = record
    state.write(paths.SAMPLE, dict(sorted(runs.items())[-RUNS_KEPT:]))
    forget()


def forget() -> None:
    """Remove what names files from this host's state."""
    paths.MANIFEST.unlink(missing_ok=True)


def hidden(path: str, salt: str) -> str:
    """A path that can be recognised, not read."""
    return hashlib.sha256(f"{salt}{path}".encode(errors="surrogateescape")).hexdigest()


def sample(folders: Sequence[str], excludes: Sequence[str], count: int, left: Left) -> list[Path]:
    """Up to ``count`` regular files, found by walking down at random."""
    chance = random.SystemRandom()
    found: set[Path] = set()
    for _ in range(count * TRIES if folders else 0):
        file = _descend(Path(chance.choice(list(folders))), chance)
        if file and not excluded(str(file), excludes) and str(file) not in left.paths:
            found.add(file)
        if len(found) == count:
            break
    return sorted(found)


def entry(file: Path) -> dict[str, Any] | None:
    """A file with its hash, or None where it cannot be read (any more)."""
    looks = _looks(file)
    try:
        # Its owner may have put a link or a pipe in its place since it was chosen.
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as data:
            if not stat.S_ISREG(os.fstat(data.fileno()).st_mode):
                return None
            digest = hashlib.file_digest(data, "sha256").hexdigest()
    except OSError:
        return None
    if looks is None or _looks(file) != looks:
        return None
    return {"path": str(file), "sha256": digest, "bytes": looks[0], "mtime_ns": looks[1]}


def excluded(path: str, patterns: Sequence[str]) -> bool:
    """Whether restic may leave the path out. Rather too often than not: this only picks samples."""
    for pattern in patterns:
        anchored = pattern if pattern.startswith("/") else f"*/{pattern}"
        if fnmatch(path, anchored) or fnmatch(path, f"{anchored.rstrip('/')}/*"):
            return True
    return False


def _descend(place: Path, chance: random.Random) -> Path | None:
    while True:
        try:
            listed = os.listdir(place)  # noqa: PTH208 - names alone: there may be millions
            drawn = (place / one for one in chance.sample(listed, min(len(listed), DRAWN)))
            one = next((one for one in drawn if not one.is_symlink()), None)
            if one is None:
                return None
            if one.is_dir():
                place = one
                continue
            good = one.is_file() and 0 < one.stat().st_size <= LARGEST
        except OSError:
            return None
        return one if good and str(one).isprintable() else None


def _looks(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
