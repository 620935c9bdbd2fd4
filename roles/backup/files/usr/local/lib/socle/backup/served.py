"""A backup server's view of the repositories that it keeps for its clients."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from backup import paths, snapshots, state
from backup.config import Secrets, Served
from backup.errors import BackupError, explained
from backup.restic import Restic
from backup.retention import Snapshot

LATEST_ARRIVAL = timedelta(days=7)
"""A first backup over a slow line may arrive so long after it began."""
PATIENCE = 60.0


def open_served(one: Served, secrets: Secrets) -> Restic:
    """The client's repository on this server's disk, as the account that owns it."""
    try:
        uid = Path(one.path).stat().st_uid
    except OSError:
        raise BackupError("the client has no folder on this server") from None
    return Restic(one.path, secrets.password(f"served:{one.client}"), uid=uid, cached=False)


def arrivals(one: Served, listed: list[dict[str, Any]]) -> list[Snapshot]:
    """Each snapshot with the time at which its file came here. ``BackupError`` if one is gone."""
    found = []
    for entry in listed:
        try:
            stored = Path(one.path, "snapshots", entry["id"]).stat().st_mtime
        except OSError:
            raise BackupError("a snapshot that restic lists is not on the disk") from None
        made, arrived = state.moment(entry["time"]), state.arrived(stored)
        canary = snapshots.CANARY in (entry.get("tags") or [])
        found.append(Snapshot(entry["id"], made, arrived, canary))
    return found


def misdated(found: list[Snapshot]) -> list[dict[str, str]]:
    """Snapshots that claim another time than that of their arrival."""
    return [
        {"id": one.id[:8], "time": state.stamp(one.made), "arrived": state.stamp(one.arrived)}
        for one in found
        if not -snapshots.CLOCKS <= one.arrived - one.made <= LATEST_ARRIVAL
    ]


def status(one: Served, secrets: Secrets, now: datetime) -> dict[str, Any]:
    """One client's part of the server's ``status``."""
    found: dict[str, Any] = {
        "client": one.client,
        "reachable": False,
        "error": None,
        "last_prune": state.read(paths.PRUNES, {}).get(one.client),
    }
    try:
        listed = open_served(one, secrets).snapshots(timeout=PATIENCE)
        real = snapshots.real(listed)
        found |= {
            "reachable": True,
            "snapshots": len(real),
            "newest": snapshots.described(real[-1], [], now) if real else None,
            "future": snapshots.future(listed, now)[: snapshots.MOST_SHOWN],
            "misdated": misdated(arrivals(one, listed))[: snapshots.MOST_SHOWN],
        }
    except Exception as error:
        found["error"] = explained(error)
    return found
