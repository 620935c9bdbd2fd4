"""Which snapshots a server lets go: by the time at which they arrived, whatever they claim.

A client chooses the dates in its snapshots, and restic's own retention believes them: one snapshot
dated in the future makes ``--keep-within`` drop all others, one dated 23:59 stands for its day. The
server knows when each arrived.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from backup.errors import BackupError

DAYS = {"d": 1, "w": 7, "m": 31, "y": 366}
UNTOUCHED = timedelta(days=2)
"""Whatever is declared, nothing younger is let go."""

_BUCKETS: dict[str, Callable[[datetime], str]] = {
    "hourly": lambda moment: moment.strftime("%Y-%m-%dT%H"),
    "daily": lambda moment: moment.strftime("%Y-%m-%d"),
    "weekly": lambda moment: moment.strftime("%G-W%V"),
    "monthly": lambda moment: moment.strftime("%Y-%m"),
    "yearly": lambda moment: moment.strftime("%Y"),
}


@dataclass(frozen=True)
class Snapshot:
    """``made``: what the client claims. ``arrived``: when the server stored it."""

    id: str
    made: datetime
    arrived: datetime
    canary: bool = False


def span(text: str) -> timedelta:
    """``30d``, ``12w``, ``24m``, ``2y`` or several together. ``BackupError`` for anything else."""
    parts = re.findall(r"(\d+)([dwmy])", text)
    if not parts or "".join(f"{n}{unit}" for n, unit in parts) != text:
        raise BackupError(f"not a duration such as 30d, 12w, 24m: {text}")
    return timedelta(days=sum(int(count) * DAYS[unit] for count, unit in parts))


def to_forget(
    snapshots: Sequence[Snapshot], keep_within: Mapping[str, str], now: datetime
) -> list[Snapshot]:
    """What no rule keeps. The last of each day, week, month… within its span stays.

    Never all: the newest stays always. Of canaries only the newest stays. ``BackupError`` for a
    rule that is not understood, or where there is none: then nothing may go.
    """
    if not keep_within:
        raise BackupError("no retention is declared")
    ordered = sorted((one for one in snapshots if not one.canary), key=lambda one: one.arrived)
    kept = {one.id for one in ordered if now - one.arrived < UNTOUCHED} | {
        one.id for one in ordered[-1:]
    }
    for rule, length in keep_within.items():
        if rule not in _BUCKETS:
            raise BackupError(f"not a retention rule: {rule}")
        young = [one for one in ordered if now - one.arrived <= span(length)]
        kept.update({_BUCKETS[rule](one.arrived.astimezone(UTC)): one.id for one in young}.values())
    canaries = sorted((one for one in snapshots if one.canary), key=lambda one: one.arrived)
    return [one for one in ordered if one.id not in kept] + canaries[:-1]
