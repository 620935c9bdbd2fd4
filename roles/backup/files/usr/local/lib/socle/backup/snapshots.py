"""Snapshots as restic lists them: which count, which claim the future, how large they are."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from backup import state
from backup.errors import BackupError, Unjudged

CLOCKS = timedelta(minutes=15)
"""Two computers' clocks may differ by as much before a snapshot counts as dated in the future."""
CANARY = "socle-canary"
"""The tag of the snapshot that ``try_delete`` tries to remove. It is no backup."""

MOST_SHOWN = 20
"""Of what is long without end in somebody's snapshots, ``status`` shows the first ones."""
_LONGEST = 1000  # characters of a path that it shows
_LARGEST = 1 << 64

Listed = dict[str, Any]


def listed(text: str) -> list[Listed]:
    """``restic snapshots --json``, oldest first. ``Unjudged`` where it is no list of snapshots.

    What stands in it was chosen by whoever has the repository's password, with any program: after
    this each has an ``id``, a ``time`` that is one, ``paths`` and ``tags``.
    """
    try:
        found = json.loads(text or "[]") or []
        return sorted(map(_whole, found), key=lambda one: state.moment(one["time"]))
    except (BackupError, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        raise Unjudged("what restic lists are no snapshots") from None


def _whole(one: Listed) -> Listed:
    if not re.fullmatch("[0-9a-f]{64}", one["id"]):
        raise ValueError("id")
    texts = {name: list(one.get(name) or []) for name in ("paths", "tags")}
    if not all(isinstance(text, str) for those in texts.values() for text in those):
        raise TypeError("paths, tags")
    return {**one, **texts, "summary": _numbers(one.get("summary") or {})}


def _numbers(summary: dict[str, Any]) -> dict[str, int]:
    """What a summary counts; its other words say nothing here."""
    return {
        name: value
        for name, value in summary.items()
        if type(value) is int and 0 <= value < _LARGEST
    }


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
        "paths": [path[:_LONGEST] for path in one["paths"][:MOST_SHOWN]],
        "files": sizes.get("total_files_processed", recorded.get("files")),
        "bytes": sizes.get("total_bytes_processed", recorded.get("bytes")),
    }


def _recorded(identity: str, runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    for run in reversed(runs):
        for found in run.get("repositories", {}).values():
            if found.get("snapshot") and identity.startswith(found["snapshot"]):
                return dict(found)
    return {}
