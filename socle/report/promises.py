"""A promise as the page tells it: what each host answered, put together and taken apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from socle.grounds import Grounds

_GROUNDS = TypeAdapter(Grounds)
SEVERITIES = ("critical", "high", "medium", "low")
Part = tuple[str, str]  # what it is called (why, seen, wanted, fix, measured), and what it says
VERDICTS = ("fail", "waived", "unknown", "pass", "not-applicable")  # the worst first


@dataclass(frozen=True)
class Finding:
    """The same answer of one control on one or more hosts."""

    verdict: str
    parts: tuple[Part, ...]
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Promise:
    """One control with what was found on every host; ``verdicts``: host -> its verdict."""

    id: str
    title: str
    severity: str
    theme: str
    references: tuple[str, ...]
    verdicts: Mapping[str, Mapping[str, Any]]

    @property
    def rank(self) -> tuple[int, str]:
        """Sorts the most severe first."""
        return SEVERITIES.index(self.severity), self.title

    def findings(self, *wanted: str) -> tuple[Finding, ...]:
        """What the hosts that answered gave, equal answers put together, the worst first."""
        hosts: dict[tuple[str, tuple[Part, ...]], list[str]] = {}
        for host, entry in self.verdicts.items():
            if not entry["unreachable"] and entry["verdict"] in wanted:
                hosts.setdefault((entry["verdict"], parts(entry)), []).append(host)
        found = [Finding(*answer, tuple(names)) for answer, names in hosts.items()]
        return tuple(sorted(found, key=lambda finding: VERDICTS.index(finding.verdict)))

    def hosts(self, verdict: str) -> tuple[str, ...]:
        """The hosts that gave a verdict."""
        return tuple(h for h, entry in self.verdicts.items() if entry["verdict"] == verdict)

    @property
    def tally(self) -> tuple[tuple[str, int], ...]:
        """How many hosts gave each verdict, the worst first; only those that occur."""
        counts = Counter(entry["verdict"] for entry in self.verdicts.values())
        return tuple((verdict, counts[verdict]) for verdict in VERDICTS if counts[verdict])


@dataclass(frozen=True)
class Theme:
    """Promises that belong together, the most severe first."""

    name: str
    promises: tuple[Promise, ...]


def parts(entry: Mapping[str, Any]) -> tuple[Part, ...]:
    """A verdict's grounds in the order in which they are read: ("seen", "…"), ("fix", "…")."""
    found: list[Part] = []
    for name, said in grounds(entry).parts(entry["verdict"], entry["measured"]):
        if found and found[-1][0] == name:
            found[-1] = (name, f"{found[-1][1]}\n{said}")
        else:
            found.append((name, str(said)))
    return tuple(found)


def in_lines(entry: Mapping[str, Any]) -> str:
    """The same as text, for those who take no parts; empty where there is nothing to say."""
    return grounds(entry).text(entry["verdict"], entry["measured"])


def grounds(entry: Mapping[str, Any]) -> Grounds:
    """What stands behind a verdict of a report's document."""
    return _GROUNDS.validate_python(entry["grounds"])
