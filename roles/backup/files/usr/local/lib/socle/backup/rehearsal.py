"""``socle-backup restore-test``: canary and real files come back from each repository, or not.

Each repository's result is a signed file of ``/var/lib/socle/evidence/restore-tests``::

    {"time": "…Z", "host": "imagerie", "repository": "serveur", "result": "ok | failed",
     "reason": null or "why", "snapshot": "1d057174", "snapshot_time": "…Z", "files": 21,
     "bytes": 5000, "hashes_equal": 21, "own_record": true, "restic": "0.14", "seconds": 1.5}

``own_record``: hashes were also compared with what the host itself recorded when it made the
snapshot. Files that changed while they were backed up are not counted.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from backup import awake, evidence, folders, manifest, paths, patterns, snapshots, state
from backup.config import Config, Secrets
from backup.errors import BackupError, explained
from backup.restic import Restic, open_repository, version

PATIENCE = 3600.0


def rehearsals(config: Config, secrets: Secrets, only: tuple[str, ...] = ()) -> dict[str, Any]:
    """Test and record; repository -> result."""
    awake.politely()
    results = {}
    with awake.awake("restore test of the backups"):
        for one in config.online(only):
            target = open_repository(one, secrets.password(one.name))
            results[one.name] = rehearsed(target, config.host, one.name)
    return results


def rehearsed(target: Restic, host: str, repository: str) -> dict[str, Any]:
    """One repository's test, recorded and signed."""
    found = _result(host, repository)
    began = time.monotonic()
    try:
        rehearse(target, found)
    except Exception as error:
        found["reason"] = explained(error)
    finally:
        with suppress(OSError):
            folders.remove(paths.SCRATCH)
    found["seconds"] = round(time.monotonic() - began, 1)
    evidence.record_test(found)
    return found


def rehearse(target: Restic, found: dict[str, Any]) -> None:
    """Restore into a folder of root's, compare, and fill ``found``."""
    listed = snapshots.real(target.snapshots())
    if not listed:
        raise BackupError("there is no snapshot")
    newest = listed[-1]
    found["snapshot"] = newest["id"][:8]
    found["snapshot_time"] = state.stamp(state.moment(newest["time"]))
    said = target.run("dump", "--no-lock", newest["id"], str(paths.MANIFEST), timeout=PATIENCE)
    if said.code != 0:
        raise BackupError("the newest snapshot has no manifest of Socle's")
    made = json.loads(said.out)
    record = state.read(paths.SAMPLE, {}).get(made["made"])
    found["own_record"] = record is not None
    wanted = expected(made, record)
    folders.remove(paths.SCRATCH)
    state.folder(paths.SCRATCH)
    for public in sorted({public_part(one, newest["paths"]) for one in wanted}):
        chosen = [one for one in wanted if public_part(one, newest["paths"]) == public]
        words, listing = patterns.words(chosen, public, version())
        how = ("restore", newest["id"], "--no-lock", "--target", str(paths.SCRATCH))
        target.must(*how, *words, timeout=PATIENCE, patterns=listing)
    compare(wanted, found)


def expected(made: dict[str, Any], record: dict[str, Any] | None) -> dict[str, str]:
    """Path -> hash, of what must come back equal. ``BackupError`` where two records disagree."""
    wanted = {one["path"]: one["sha256"] for one in made["files"]}
    canary = made["canary"]
    if record is not None:
        own = record["files"]
        known = {path: own.get(manifest.hidden(path, record["salt"])) for path in wanted}
        wanted = {path: digest for path, digest in wanted.items() if known[path] is not None}
        if any(known[path] != digest for path, digest in wanted.items()):
            raise BackupError("the snapshot's manifest is not what this host recorded")
        canary = record["canary"]
    return {**wanted, str(paths.CANARY): canary}


def compare(wanted: dict[str, str], found: dict[str, Any]) -> None:
    """Count what came back, and how much of it is equal."""
    equal = 0
    for path, digest in wanted.items():
        file = Path(f"{paths.SCRATCH}{path}")
        if file.is_file():
            found["files"] += 1
            found["bytes"] += file.stat().st_size
            with file.open("rb") as data:
                equal += hashlib.file_digest(data, "sha256").hexdigest() == digest
    found["hashes_equal"] = equal
    if equal == len(wanted):
        found["result"] = "ok"
    else:
        found["reason"] = f"{len(wanted) - equal} of {len(wanted)} files did not come back equal"


def public_part(path: str, declared: Sequence[str]) -> str:
    """The declared folder that a path is in: it names no patient, and restic looks only there."""
    return max((one for one in declared if path.startswith(f"{one}/")), key=len, default="/")


def _result(host: str, repository: str) -> dict[str, Any]:
    return {
        "time": state.stamp(),
        "host": host,
        "repository": repository,
        "result": "failed",
        "reason": None,
        "snapshot": None,
        "snapshot_time": None,
        "files": 0,
        "bytes": 0,
        "hashes_equal": 0,
        "own_record": False,
        "restic": ".".join(map(str, version())),
    }


def lines(results: dict[str, Any]) -> list[str]:
    """The results in words."""
    return [
        f"{name}: {one['result']}: {one['hashes_equal']} of {one['files']} files equal, "
        f"{one['bytes']} bytes, {one['seconds']} s"
        + (f": {one['reason']}" if one["reason"] else "")
        for name, one in results.items()
    ]
