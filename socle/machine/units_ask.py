"""Run on a host: what systemd makes of units, as it prints it, and the files that it made it of.

Questions only: `units` reads the answers. Joined to a room's program (`programs.python`).
"""

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

SHOWN = ("Id,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,DropInPaths,Unit,Persistent,"
         "ExecStart,ExecStartPre,ExecCondition")  # fmt: skip
TIMER = "org.freedesktop.systemd1.Timer"
TIMER_WORDS = ("TimersCalendar", "TimersMonotonic", "NextElapseUSecRealtime", "RandomizedDelayUSec")


def units(names: list[str]) -> dict[str, object]:
    """What `systemctl show` prints of units, and the text of each file behind them."""
    shown = output("systemctl", "show", "-p", SHOWN, "--", *names)
    lines = re.findall(r"^(?:FragmentPath|DropInPaths)=(.+)$", shown, re.MULTILINE)
    paths = sorted({path for line in lines for path in line.split()})
    return {"show": shown, "files": {path: content(path) for path in paths}}


def content(path: str) -> str | None:
    """A file's text; None where it cannot be read."""
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return None


def timer(name: str) -> dict[str, object]:
    """When a timer fires: its next elapse and the coming ones of each calendar line (UTC)."""
    path = "/org/freedesktop/systemd1/unit/" + name.replace("-", "_2d").replace(".", "_2e")
    asked = output("busctl", "--json=short", "get-property", "org.freedesktop.systemd1", path,
                   TIMER, *TIMER_WORDS)  # fmt: skip
    values = [json.loads(line)["data"] for line in asked.splitlines()]
    calendar, monotonic, following, delay = values if len(values) == len(TIMER_WORDS) else (
        [], [], 0, 0)  # fmt: skip
    reached = 0 < following < 2**62
    moment = datetime.fromtimestamp(following / 1e6, UTC) if reached else None
    return {
        "next": moment.isoformat() if moment else None,
        "fires": [one for _, line, _ in calendar for one in occurrences(line)],
        "since_something": [line for line, *_ in monotonic],
        "delay": delay // 1_000_000,
    }


def occurrences(line: str) -> list[str]:
    """The coming fourteen moments of an OnCalendar= line, in UTC."""
    rows = output("systemd-analyze", "calendar", "--iterations=14", line).splitlines()[1:]
    said = [row for row in rows if "(in UTC)" in row] or rows  # left out where it is local time
    found = re.findall(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)", "\n".join(said))
    return [f"{day}T{clock}+00:00" for day, clock in found]


def output(*words: str) -> str:
    """A command's standard output, whatever its exit status; nothing where it is missing."""
    try:
        done = subprocess.run(words, capture_output=True, check=False)
    except OSError:
        return ""
    return done.stdout.decode(errors="replace")
