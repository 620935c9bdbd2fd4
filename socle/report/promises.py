"""A promise as the page tells it: what each host answered, put together and taken apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from socle.verify.verdicts import PARTS

SEVERITIES = ("critical", "high", "medium", "low")
VERDICTS = ("fail", "waived", "unknown", "pass", "not-applicable")  # the worst first


@dataclass(frozen=True)
class Finding:
    """The same answer of one control on one or more hosts."""

    verdict: str
    detail: str
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
        hosts: dict[tuple[str, str], list[str]] = {}
        for host, entry in self.verdicts.items():
            if not entry["unreachable"] and entry["verdict"] in wanted:
                hosts.setdefault((entry["verdict"], entry["detail"].strip()), []).append(host)
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


def parts(detail: str) -> list[tuple[str, str]]:
    """A check's answer taken apart: ("seen", …), ("wanted", …), ("fix", …); else ("why", all)."""
    found: list[tuple[str, str]] = []
    for line in detail.strip().splitlines():
        key, colon, rest = line.partition(": ")
        if colon and key in PARTS:
            found.append((key, rest))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
        else:
            found.append(("why", line))
    return found
