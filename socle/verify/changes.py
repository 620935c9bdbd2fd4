"""How a promise moved between two looks at it. Pure, read by reports and by machines themselves."""

from __future__ import annotations

from enum import StrEnum

from socle.verify.verdicts import Verdict


class Change(StrEnum):
    """How a promise moved. The first two are regressions."""

    WORSE = "worse"  # it is broken now, and was not known to be
    UNSEEN = "no longer measured"  # it was good; now nobody knows
    BETTER = "better"
    OTHER = "other"  # a waiver came, or a promise no longer applies: decided, not drifted
    NEW = "new"  # never judged before
    GONE = "gone"  # the practice has no such machine or promise any more


REGRESSIONS = (Change.WORSE, Change.UNSEEN)
_GOOD = (Verdict.PASS, Verdict.WAIVED, Verdict.NOT_APPLICABLE)


def change(before: Verdict, after: Verdict) -> Change | None:
    """How a verdict moved; None where it did not.

    A promise that is newly waived, or no longer applies, is neither better nor worse: somebody
    decided so. What was broken and cannot be measured now is not better, but nothing was lost.
    """
    if before is after:
        return None
    if after is Verdict.FAIL:
        return Change.WORSE
    if after is Verdict.UNKNOWN:
        return Change.UNSEEN if before in _GOOD else Change.OTHER
    if after is Verdict.PASS and before is not Verdict.NOT_APPLICABLE:
        return Change.BETTER
    return Change.OTHER
