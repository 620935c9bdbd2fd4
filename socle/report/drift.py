"""What got better or worse between two states of a practice. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from socle.report.history import Apply, Pair, Run
from socle.verify.verdicts import Verdict

State = Mapping[Pair, Verdict]


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


@dataclass(frozen=True)
class Difference:
    """One promise on one machine whose verdict changed; None: it had none, or has none now."""

    host: str
    control: str
    before: Verdict | None
    after: Verdict | None
    change: Change


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


def known(runs: Iterable[Run]) -> dict[Pair, Verdict]:
    """The last verdict of each promise: a run may have looked at some machines only."""
    state: dict[Pair, Verdict] = {}
    for run in runs:
        state.update(run.verdicts)
    return state


def compare(before: State, after: Run) -> list[Difference]:
    """What differs between a known state and a run, regressions first.

    Only what the run looked at is compared, and what the practice no longer has is told.
    """
    found = []
    for (host, control), verdict in after.verdicts.items():
        old = before.get((host, control))
        moved = Change.NEW if old is None else change(old, verdict)
        if moved is not None:
            found.append(Difference(host, control, old, verdict, moved))
    for (host, control), old in before.items():
        if host not in after.hosts or control not in after.controls:
            found.append(Difference(host, control, old, None, Change.GONE))
    order = list(Change)
    return sorted(found, key=lambda one: order.index(one.change))


def regressions(found: Iterable[Difference]) -> list[Difference]:
    """Those that `socle verify --since-last` fails for."""
    return [one for one in found if one.change in REGRESSIONS]


def since_last(runs: Sequence[Run]) -> list[Difference]:
    """What the last run found changed; nothing when it is the first."""
    return compare(known(runs[:-1]), runs[-1]) if len(runs) > 1 else []


def effect(runs: Sequence[Run], apply: Apply) -> list[Difference]:
    """What the first run after an apply found changed; nothing without a run on both sides."""
    before = [run for run in runs if run.finished <= apply.finished]
    after = [run for run in runs if run.finished > apply.finished]
    return compare(known(before), after[0]) if before and after else []


def drift(runs: Sequence[Run], apply: Apply) -> list[Difference]:
    """What changed from the first run after an apply to now, while nobody applied anything."""
    after = [run for run in runs if run.finished > apply.finished]
    if not after:
        return []
    first = known(reversed(after))
    now = replace(after[-1], verdicts=known(after))
    return compare(first, now)
