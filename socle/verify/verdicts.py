"""Verdicts: what a check can say, and nothing else. Pure data, read by the reports too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from socle.grounds import Grounds
from socle.messages import Message


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

    ``grounds``: what was seen, what is wanted and how to put it right, or why it was not measured.
    ``measured``: the verdict before a waiver was taken into account.
    ``seconds``: how long the check took.
    ``facts``: what the check noted as data (``socle.verify.checks.note``).
    """

    host: str
    control: str
    verdict: Verdict
    grounds: Grounds
    measured: Verdict
    seconds: float
    unreachable: bool = False
    facts: tuple[Mapping[str, Any], ...] = ()

    @property
    def detail(self) -> str:
        """The grounds in lines, in the source language."""
        return self.grounds.text(self.verdict, self.measured)

    def as_json(self) -> dict[str, Any]:
        """The outcome as it stands in report.json, without the host's name."""
        return {key: value for key, value in asdict(self).items() if key != "host"}


class State(StrEnum):
    """What a TCP connection attempt met, seen from one vantage point."""

    OPEN = "open"  # the handshake went through
    REFUSED = "refused"  # a reset came back: the host answers, nobody listens
    REJECTED = "rejected"  # an ICMP error came back: a firewall or router says no
    SILENT = "silent"  # nothing came back in time

    @property
    def words(self) -> Message:
        """The state, for a message."""
        return Message(str(self))
