"""What a host is declared to do, a few words each: an apply asks before it gives one of them up.

An apply begins with a list on the host of what was and what now is declared, and a complete one
ends with what now is: the next one compares. So a group that was misspelt or a line that got lost
is a question, also after a run of some rooms or one that was killed; a change by hand is none.

"WORDS: DETAILS" says more of what "WORDS" names: it is told alone where "WORDS" is kept. New kinds
of lines are added, those that stand on hosts keep their words: else every host would be asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from socle import harmless
from socle.baseline.model import Host, Practice
from socle.baseline.passages import still_open

PLACE = "/etc/socle/declared"
HEADING = "# Written by Socle: what was declared for this machine when it was last applied."
_LENGTH = re.compile(r"(?P<words>.*: )(?P<number>[0-9]{1,9})(?P<unit> [a-z]+)")


def declared(practice: Practice, host: Host) -> tuple[str, ...]:
    """What every room keeps up on ``host``, sorted."""
    found = {words for room in practice.rooms for words in room.settings.keeps(host.settings)}
    return tuple(sorted(found))


def listed(now: Collection[str]) -> str:
    """The text of the list on the host."""
    return "".join(f"{line}\n" for line in (HEADING, *now))


def under_way(before: str, now: Collection[str]) -> list[str]:
    """What may be in force on the host from now on until an apply is complete, sorted."""
    return sorted({*now, *_lost(before, now)})


def given_up(before: str, now: Collection[str]) -> list[str]:
    """What a list found on the host has, and is declared no longer; each a line of text.

    What lets the same or more through in other words, or keeps copies longer, is declared still.
    """
    lost = _lost(before, now)
    return [harmless.line(line) for line in lost if not _named(line) & lost.keys()]


def _lost(before: str, now: Collection[str]) -> dict[str, None]:
    """The lines of the list that today's do not hold, as they stand in it."""
    kept = frozenset(now)
    lines = (line for line in before.split("\n") if line and line[0] != "#" and line not in kept)
    return dict.fromkeys(line for line in lines if not _holds(line, kept))


def _holds(line: str, kept: Collection[str]) -> bool:
    return still_open(line, kept) or _as_long(line, kept)


def _as_long(line: str, kept: Collection[str]) -> bool:
    """Whether "WORDS: NUMBER UNIT" stands among ``kept`` with that number or a higher one."""
    found = _LENGTH.fullmatch(line)
    others = (_LENGTH.fullmatch(one) for one in kept) if found else ()
    return any(
        other is not None
        and found is not None
        and (other["words"], other["unit"]) == (found["words"], found["unit"])
        and int(other["number"]) >= int(found["number"])
        for other in others
    )


def _named(line: str) -> set[str]:
    """What the line is a detail of, if it is one."""
    words, colon, _ = line.partition(": ")
    return {words} if colon else set()
