"""From what a check raised to what it says. Pure: no host, no session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import pytest

from socle.baseline.model import Waiver
from socle.grounds import Grounds, Terms
from socle.harmless import line
from socle.messages import Message, message, verbatim
from socle.verify.checks import ControlFailed, NotApplicable, Unknown
from socle.verify.verdicts import Verdict

ASSERTIONS = (AssertionError, pytest.fail.Exception)


@dataclass(frozen=True)
class Judgement:
    """A verdict and what stands behind it; ``measured``: the verdict before a waiver."""

    verdict: Verdict
    grounds: Grounds
    measured: Verdict
    unreachable: bool = False

    @property
    def detail(self) -> str:
        """The grounds in lines, in the source language."""
        return self.grounds.text(self.verdict, self.measured)


def measured(error: BaseException | None, seen: Sequence[Message] = ()) -> Judgement:
    """What a check that raised ``error`` (None: it ran to its end) has measured.

    Only an expectation can fail. Whatever else goes wrong means that nothing was measured.
    """
    if error is None:
        return _judged(Verdict.PASS, Grounds(seen=tuple(seen)))
    if isinstance(error, ControlFailed):
        return _judged(Verdict.FAIL, Grounds((error.seen,), error.wanted, error.fix))
    if isinstance(error, NotApplicable):
        return _judged(Verdict.NOT_APPLICABLE, Grounds(reason=error.reason))
    if isinstance(error, Unknown):
        return unmeasured(error.reason, unreachable=error.unreachable)
    if isinstance(error, ASSERTIONS) and not _raised_by_testinfra(error):
        return _judged(Verdict.FAIL, Grounds(reason=verbatim(_first_line(error))))
    kind = type(error).__name__
    return unmeasured(message("{kind}: {said}", kind=kind, said=_first_line(error)))


def unmeasured(reason: Message, *, unreachable: bool = False) -> Judgement:
    """Nothing was measured, for this ``reason``."""
    return _judged(Verdict.UNKNOWN, Grounds(reason=reason), unreachable=unreachable)


def with_waiver(judged: Judgement, waiver: Waiver | None, today: date) -> Judgement:
    """The verdict once a waiver is taken into account.

    A valid one turns pass and fail into waived; an expired one turns both into fail, until it is
    renewed or removed. It never touches what was not measured, but is mentioned. Where the waiver
    sets values, the check has measured against those: a fail then goes beyond what was accepted,
    and stays one.
    """
    if waiver is None or judged.verdict is Verdict.NOT_APPLICABLE:
        return judged
    expired = waiver.expired(today)
    terms = Terms(
        waiver.until.isoformat(),
        expired,
        _sentence(waiver.reason),
        _sentence(waiver.compensating),
        _sentence(waiver.approved_by),
    )
    if judged.verdict is Verdict.UNKNOWN:
        verdict = Verdict.UNKNOWN
    elif expired or (waiver.set and judged.verdict is Verdict.FAIL):
        verdict = Verdict.FAIL
    else:
        verdict = Verdict.WAIVED
    return replace(judged, verdict=verdict, grounds=replace(judged.grounds, waiver=terms))


def _judged(verdict: Verdict, answer: Grounds, *, unreachable: bool = False) -> Judgement:
    return Judgement(verdict, answer, verdict, unreachable)


def _sentence(text: str) -> str:
    """What a practice wrote, over several lines or not."""
    return line(" ".join(text.splitlines()))


def _raised_by_testinfra(error: BaseException) -> bool:
    """True where testinfra itself asserts, as ``check_output`` does when a tool is missing."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = "" if trace is None else trace.tb_frame.f_globals.get("__name__", "")
    return str(module).split(".")[0] == "testinfra"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "no message"
