"""What a host is declared to do, a few words each: an apply asks before it gives one of them up.

A complete apply leaves the list on the host; the next one compares. So a group that was misspelt
or a line that got lost is a question, and a change by hand on the host is none.
"""

from __future__ import annotations

from collections.abc import Collection

from socle import harmless
from socle.baseline.model import Host, Practice

PLACE = "/etc/socle/declared"
HEADING = "# Written by Socle: what was declared for this machine when it was last applied."


def declared(practice: Practice, host: Host) -> tuple[str, ...]:
    """What every room keeps up on ``host``, sorted."""
    found = {words for room in practice.rooms for words in room.settings.keeps(host.settings)}
    return tuple(sorted(found))


def listed(now: Collection[str]) -> str:
    """The text of the list on the host."""
    return "".join(f"{line}\n" for line in (HEADING, *now))


def given_up(before: str, now: Collection[str]) -> list[str]:
    """What a list found on the host has, and is declared no longer; each a line of text."""
    lost = (line for line in before.split("\n") if line and line[0] != "#" and line not in now)
    return [harmless.line(line) for line in lost]
