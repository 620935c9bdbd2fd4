"""Snapshots as restic lists them: which count, which claim the future, how large they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from backup import state

CLOCKS = timedelta(minutes=15)
"""Two computers' clocks may differ by as much before a snapshot counts as dated in the future."""
CANARY = "socle-canary"
"""The tag of the snapshot that ``try_delete`` tries to remove. It is no backup."""

Listed = dict[str, Any]


def real(listed: Sequence[Listed]) -> list[Listed]:
    """The snapshots that are backups."""
    return [one for one in listed if CANARY not in (one.get("tags") or [])]


def future(listed: Sequence[Listed], now: datetime) -> list[dict[str, str]]:
    """What is dated later than now: by a wrong clock, or to make retention drop the others."""
    return [
        {"id": one["id"][:8], "time": state.stamp(state.moment(one["time"]))}
        for one in listed
        if state.moment(one["time"]) > now + CLOCKS
    ]


def described(one: Listed, runs: Sequence[dict[str, Any]], now: datetime) -> dict[str, Any]:
    """A snapshot for the operator. Sizes come from the snapshot, or from the run that made it."""
    made = state.moment(one["time"])
    sizes = one.get("summary") or {}
    recorded = _recorded(one["id"], runs)
    return {
        "id": one["id"][:8],
        "time": state.stamp(made),
        "age_hours": round((now - made).total_seconds() / 3600, 2),
        "paths": one["paths"],
        "files": sizes.get("total_files_processed", recorded.get("files")),
        "bytes": sizes.get("total_bytes_processed", recorded.get("bytes")),
    }


def _recorded(identity: str, runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    for run in reversed(runs):
        for found in run.get("repositories", {}).values():
            if found.get("snapshot") and identity.startswith(found["snapshot"]):
                return dict(found)
    return {}
