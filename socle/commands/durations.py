"""What each control's check costs, for ``socle verify --durations``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rich.table import Table

from socle.verify.verdicts import Outcome

AHEAD = (
    "What was asked ahead, for all checks of a host at once, is not in these seconds: "
    "--no-ahead asks each question at its time."
)


class Cost(NamedTuple):
    """The seconds of one control's check, over all hosts, and where most of them went."""

    control: str
    seconds: float
    slowest: Outcome


def costs(outcomes: Iterable[Outcome], most: int | None = None) -> list[Cost]:
    """The controls by what their checks cost, the slowest first; ``most`` of them, else all."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.control, []).append(outcome)
    every = [
        Cost(control, sum(one.seconds for one in its), max(its, key=lambda one: one.seconds))
        for control, its in found.items()
    ]
    return sorted(every, key=lambda cost: -cost.seconds)[:most]


def table(found: Iterable[Cost]) -> Table:
    """The costs for a terminal."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("control")
    shown.add_column("seconds", justify="right")
    shown.add_column("most on one host", justify="right")
    shown.add_column("host")
    for cost in found:
        slowest = cost.slowest
        shown.add_row(cost.control, f"{cost.seconds:.2f}", f"{slowest.seconds:.2f}", slowest.host)
    return shown
