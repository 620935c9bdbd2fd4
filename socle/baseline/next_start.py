"""What else loads packet filter rules at a machine's next start, and what would come of it.

Judges what the firewall's ``files/probe.py`` printed on a host that may lie: a line that has not
the expected form is left out.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

_LINE = re.compile(r"(loads|cut|lost|unread ran|unread waits) ([\w.@:\\-]{1,200}) (\S.*)", re.ASCII)
_LONGEST = 200  # characters of a file's name
_WHY = {
    "cut": "loads {file}, and from there on the connection in use is not let in again: let it pass "
    "there",
    "lost": "loads {file}, and from there on the rules of Socle are gone or changed: take that out "
    "of the file, let the unit come before socle-firewall.service (Before=)",
    "unread waits": "loads packet filter rules that cannot be tried beforehand ({file}), and has "
    "not run since this machine started: start it and see that you still get in",
}

LATE = (
    "what other programs load into the packet filter at the next start could not be found out in "
    "time: try again when this machine has less to do"
)
_WITHOUT = {"rc-local.service": "chmod -x /etc/rc.local"}


@dataclass(frozen=True)
class Rules:
    """What a unit loads, or what would come of it.

    ``kind``: "loads", "cut" (the way in), "lost" (our rules), "unread ran" and "unread waits" (it
    cannot be tried; it has run since the machine started or not).
    """

    kind: str
    unit: str
    file: str


@dataclass(frozen=True)
class NextStart:
    """All that a host said. ``complete``: down to the last line."""

    rules: tuple[Rules, ...]
    complete: bool

    def named(self, *kinds: str) -> list[str]:
        """``UNIT (FILE)`` for each of these kinds."""
        return [f"{one.unit} ({one.file})" for one in self.rules if one.kind in kinds]


def next_start(lines: Iterable[str]) -> NextStart:
    """Read the answer of ``files/probe.py``, which may stand among other lines."""
    said = list(lines)
    found = (_LINE.fullmatch(line) for line in said)
    rules = tuple(Rules(one[1], one[2], one[3][:_LONGEST]) for one in found if one)
    return NextStart(rules, complete="end" in said)


def refusals(lines: Iterable[str]) -> list[str]:
    """Why an apply does not begin, a sentence for each unit; empty: the next start harms nobody."""
    said = list(lines)
    return [LATE] * ("late" in said) + [
        f"at the next start {one.unit} {_WHY[one.kind].format(file=one.file)}, or do without it: "
        + _WITHOUT.get(one.unit, f"systemctl disable {shlex.quote(one.unit)}")
        for one in next_start(said).rules
        if one.kind in _WHY
    ]
