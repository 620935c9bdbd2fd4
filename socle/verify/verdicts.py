"""Verdicts: what a check can say, and nothing else. Pure data, read by the reports too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

PARTS = ("seen", "wanted", "fix", "measured")
"""How a detail is laid out: a line each, "seen: …". Only our own code begins a line so."""


class Verdict(StrEnum):
    """The five honest answers. ``unknown`` never counts as good."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    WAIVED = "waived"
    NOT_APPLICABLE = "not-applicable"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """One control judged on one host.

    ``detail``: what was seen, what is wanted and how to put it right, or why it was not measured;
    what a machine said in it stays on its line (``PARTS``).
    ``measured``: the verdict before a waiver was taken into account.
    ``seconds``: how long the check took.
    ``facts``: what the check noted as data (``socle.verify.checks.note``).
    """

    host: str
    control: str
    verdict: Verdict
    detail: str
    measured: Verdict
    seconds: float
    unreachable: bool = False
    facts: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The outcome as it stands in report.json, without the host's name."""
        return {key: value for key, value in asdict(self).items() if key != "host"}


class State(StrEnum):
    """What a TCP connection attempt met, seen from one vantage point."""

    OPEN = "open"  # the handshake went through
    REFUSED = "refused"  # a reset came back: the host answers, nobody listens
    REJECTED = "rejected"  # an ICMP error came back: a firewall or router says no
    SILENT = "silent"  # nothing came back in time
