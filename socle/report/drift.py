"""What got better or worse between two states of a practice. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from socle.report.history import Apply, Pair, Run
from socle.verify.changes import REGRESSIONS, Change, change
from socle.verify.verdicts import Verdict

State = Mapping[Pair, Verdict]
Stretch = Literal["since_last_run", "effect_of_apply", "since_apply"]


@dataclass(frozen=True)
class Difference:
    """One promise on one machine whose verdict changed; None: it had none, or has none now."""

    host: str
    control: str
    before: Verdict | None
    after: Verdict | None
    change: Change


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


def chapters(
    runs: Sequence[Run], applies: Sequence[Apply]
) -> Iterator[tuple[Stretch, Run | Apply, list[Difference]]]:
    """What changed, told by its stretch of time: its name, the event it begins with, what moved."""
    if len(runs) > 1:
        yield "since_last_run", runs[-2], since_last(runs)
    if applies:
        yield "effect_of_apply", applies[-1], effect(runs, applies[-1])
        yield "since_apply", applies[-1], drift(runs, applies[-1])
