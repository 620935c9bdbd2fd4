"""A run's name: which process of which computer applies, so that a dead one is known as dead."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

BUSY = 75
"""Exit status of ``turn_take`` (turn.sh) where another run has its turn."""

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Holder:
    """Whose turn it is on a host, as the host says."""

    run: str
    engine: str
    who: str
    since: datetime


def run_name(pid: int | None = None) -> str:
    """``BOOT-ID.PID.START`` of the process (this one): no other run ever has that name."""
    pid = os.getpid() if pid is None else pid
    return f"{_BOOT.read_text().strip()}.{pid}.{_started(pid)}"


def ended(run: str) -> bool:
    """Whether the run is known to be over: it was one of this computer's, and its process is gone.

    Of another computer's run nothing is known: False.
    """
    boot, pid, start = run.split(".")
    return boot == _BOOT.read_text().strip() and _started(int(pid)) != start


def _started(pid: int) -> str:
    """When a process began, in ticks since the start of the computer; empty: it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    state, *fields = stat.rpartition(") ")[2].split()
    return "" if state in "ZX" else fields[18]


def holder(line: str) -> Holder | None:
    """Read ``busy RUN ENGINE LOGIN CLIENT SINCE``; None: the line is none of those."""
    found = _BUSY.fullmatch(line.strip())
    if found is None:
        return None
    login, client = found["login"], found["client"]
    who = login if client == "-" else f"{login} from {client}"
    return Holder(found["run"], found["engine"], who, datetime.fromtimestamp(int(found["since"])))


def occupied(found: Holder) -> str:
    """Tell the operator that nothing was changed, and because of whom."""
    today = found.since.date() == datetime.now().date()
    return (
        f"refused before any change: {found.who} has worked on this host with {found.engine} "
        f"since {found.since:{'%H:%M' if today else '%Y-%m-%d %H:%M'}}. "
        "Run it again when that run is over."
    )


_BUSY = re.compile(
    r"busy (?P<run>[0-9a-f-]{36}\.\d{1,9}\.\d{1,20}) (?P<engine>pyinfra|ansible)"
    r" (?P<login>[\w.@-]{1,64}) (?P<client>[0-9A-Fa-f.:%\w-]{1,64}) (?P<since>\d{1,11})",
    re.ASCII,
)
