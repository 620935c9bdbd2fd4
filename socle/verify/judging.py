"""From what a check raised to what it says. Pure: no host, no session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pytest

from socle.baseline.model import Waiver
from socle.harmless import line
from socle.verify.checks import LONGEST, ControlFailed, NotApplicable, Unknown
from socle.verify.verdicts import PARTS, Verdict

ASSERTIONS = (AssertionError, pytest.fail.Exception)
_OURS = tuple(f"{part}: " for part in PARTS)


@dataclass(frozen=True)
class Judgement:
    """A verdict and what stands behind it, before or after a waiver."""

    verdict: Verdict
    detail: str
    unreachable: bool = False


def measured(error: BaseException | None, seen: Sequence[str] = ()) -> Judgement:
    """What a check that raised ``error`` (None: it ran to its end) has measured.

    Only an expectation can fail. Whatever else goes wrong means that nothing was measured.
    """
    if error is None:
        return Judgement(Verdict.PASS, reason("; ".join(seen)))
    if isinstance(error, ControlFailed):
        return Judgement(Verdict.FAIL, str(error))
    if isinstance(error, NotApplicable):
        return Judgement(Verdict.NOT_APPLICABLE, reason(str(error)))
    if isinstance(error, Unknown):
        return Judgement(Verdict.UNKNOWN, reason(str(error)), error.unreachable)
    if isinstance(error, ASSERTIONS) and not _raised_by_testinfra(error):
        return Judgement(Verdict.FAIL, reason(_first_line(error)))
    return Judgement(Verdict.UNKNOWN, reason(f"{type(error).__name__}: {_first_line(error)}"))


def reason(text: str) -> str:
    """A reason in a line that is a sentence, and never a part of an answer: see `PARTS`."""
    said = line(text.strip(), LONGEST)
    return f'"{said}"' if said.startswith(_OURS) else said


def with_waiver(judged: Judgement, waiver: Waiver | None, today: date) -> Judgement:
    """The verdict once a waiver is taken into account.

    A valid one turns pass and fail into waived; an expired one turns both into fail, until it is
    renewed or removed. It never touches what was not measured, but is mentioned. Where the waiver
    sets values, the check has measured against those: a fail then goes beyond what was accepted,
    and stays one.
    """
    if waiver is None or judged.verdict is Verdict.NOT_APPLICABLE:
        return judged
    expired, why = waiver.expired(today), _sentence(waiver.reason)
    if judged.verdict is Verdict.UNKNOWN:
        until = "expired on" if expired else "valid until"
        detail = f"{judged.detail}\na waiver covers this control here, {until} {waiver.until}"
        return Judgement(judged.verdict, detail, judged.unreachable)
    what = f"measured: {judged.verdict}" + (f"\n{judged.detail}" if judged.detail else "")
    if expired:
        renew = "fix: renew the waiver or remove it from waivers.yml"
        text = f"waiver expired on {waiver.until} ({why})\n{renew}\n{what}"
        return Judgement(Verdict.FAIL, text)
    if waiver.set and judged.verdict is Verdict.FAIL:
        accepted = f"the waiver until {waiver.until} accepts less than this: {why}"
        return Judgement(Verdict.FAIL, f"{judged.detail}\n{accepted}")
    terms = f"waived until {waiver.until} by {_sentence(waiver.approved_by)}: {why}"
    instead = f"compensating: {_sentence(waiver.compensating)}"
    return Judgement(Verdict.WAIVED, f"{terms}\n{instead}\n{what}")


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
