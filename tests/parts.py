"""A seventh of the proofs for each day, so that a week of commits has run them all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import pytest

PARTS = 7


def unit(item: pytest.Item) -> str:
    """What is never parted: a file, whose tests share machines; or one ``proof(apart=True)``."""
    mark = item.get_closest_marker("proof")
    apart = mark is not None and mark.kwargs.get("apart", False)
    return item.nodeid if apart else item.nodeid.partition("::")[0]


def chosen(units: Iterable[str], day: int) -> list[str]:
    """Those of a day (any count of days will do), each week in another order.

    A unit keeps its day whatever comes and goes beside it. Where time ends before the last one,
    the next week begins with others.
    """
    week, number = divmod(day, PARTS)
    of_the_day = (one for one in set(units) if _number(one) % PARTS == number)
    return sorted(of_the_day, key=lambda one: _number(f"{week} {one}"))


def _number(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)
