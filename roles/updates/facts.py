"""What a machine says of its updates, and what follows from it. Pure, but for the one question."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from socle.machine import apt, programs, units
from socle.messages import Message, message
from socle.verify.checks import unknown

FILES = Path(__file__).parent / "files"
ON_HOST = FILES / "usr/local/lib/socle/updates"
DAY = 24 * 60 * 60
LIMIT = 200  # seconds: a run of the updates is waited for, then one is simulated
_PROGRAM = programs.python(
    apt.ASK,
    units.ASK,
    ON_HOST / "pending.py",
    *(FILES / f"{name}.py" for name in ("keys", "unchanged", "facts")),
    by="unshare --mount --propagation private python3 -IB -c",
)

Facts = dict[str, Any]


def ask(host: Any) -> Facts:
    """What the room's program finds out on the host.

    Ends the check as unknown while updates are being installed, and where /var cannot be covered.
    """
    answer = _PROGRAM.run(host, timeout=LIMIT)
    if answer.rc != 0:
        last = (answer.stderr.strip().splitlines() or ["no message"])[-1]
        unknown(message("the machine cannot be asked about its updates: {said}", said=last))
    try:
        found: Facts = json.loads(answer.stdout)
        busy = found["busy"]
    except (ValueError, KeyError, TypeError):
        unknown("the machine's answer about its updates cannot be read")
    if busy:
        unknown("updates are being installed at this moment; verify again in some minutes")
    return found


def days(seconds: float) -> float:
    """Seconds as days, to be read."""
    return round(seconds / DAY, 1)


def age(found: Facts, key: str) -> tuple[float, Message]:
    """Seconds since the moment ``key``, and the same in words; endless where it never was.

    A moment in the future proves nothing either.
    """
    moment = found[key]
    if moment is None:
        return float("inf"), message("never")
    seconds = found["now"] - moment
    if seconds < -DAY:
        return float("inf"), message("in the future")
    return seconds, message("{days} days ago", days=days(max(seconds, 0)))


def codename(found: Facts) -> str:
    """The short name of the release that the machine runs."""
    return str(found["release"]["system"].get("VERSION_CODENAME", ""))


def runs_newest_kernel(found: Facts) -> bool:
    """Whether the booted kernel is the newest installed; true where there is none to compare."""
    installed = found["kernels"]["installed"]
    return bool(found["container"]) or not installed or found["kernels"]["booted"] == installed[-1]


def kernel_words(found: Facts) -> Message:
    """What is known of the kernels, or why nothing is."""
    if found["container"]:
        return message("booted kernel left out: a container has none of its own")
    if not found["kernels"]["installed"]:
        return message("booted kernel left out: none is installed as a package")
    return message(
        "booted kernel {booted}, newest installed {newest}",
        booted=found["kernels"]["booted"],
        newest=found["kernels"]["installed"][-1],
    )


def support_ends(found: Facts, today: date) -> tuple[date, Message] | None:
    """The last day with security updates for everybody, and whose they are; None: none planned.

    Debian's LTS team publishes in the same archive; Ubuntu's extended support is for subscribers.
    Raises ValueError where the calendar has no dates.
    """
    row = found["release"]["row"]
    if not row.get("eol"):
        return None
    regular = date.fromisoformat(row["eol"])
    if not row.get("eol-lts"):
        return regular, message("regular support")
    kind = message("LTS alone: the security team's own support ended on {day}", day=row["eol"])
    if today <= regular:
        kind = message("regular support until {day}, then LTS", day=row["eol"])
    return date.fromisoformat(row["eol-lts"]), kind


def still_outdated(found: Facts, days: int) -> list[str]:
    """Processes on replaced code: services at once, what needs a person after so many days.

    Sessions and what needrestart leaves alone wait for a restart as everything else does.
    """
    limit, kept = found["now"] - days * DAY, found["restarter"]["kept"]
    return [
        f"{one['name']} ({one['unit']}): {one['file']}"
        for one in found["outdated"]
        if (one["unit"].endswith(".service") and one["unit"] not in kept)
        or (one["since"] or found["now"]) < limit
    ]
