"""What takes turns, a seventh a day, so that a week has run them all: proofs and broken hosts."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

PARTS = 7
DAY_SECONDS = 86400
SECONDS = {
    "tests/lab/backup/test_attacks.py": 180,
    "tests/lab/backup/test_restores.py": 100,
    "tests/lab/imaging/test_imaging.py": 150,
    "tests/lab/imaging/test_scenarios.py": 180,
    "tests/lab/test_benchmarks.py": 180,
    "tests/lab/test_declared.py": 150,
    "tests/lab/test_guard.py": 50,
    "tests/lab/test_leases.py": 150,
    "tests/lab/test_watch.py": 150,
    "tests/unit/test_benchmarks.py": 40,
    "tests/unit/test_new_room.py": 20,
    "tests/unit/test_without_a_room.py": 20,
    "tests/vm/test_backup_offline.py": 380,
    "tests/vm/test_disk_encryption.py": 150,
    "tests/vm/test_scenarios.py": 25,
    "tests/vm/test_units.py": 150,
    "tests/vm/test_vm.py": 100,
}
"""What a proof takes alone on two quiet cores, with what it shares; those unnamed: UNMEASURED."""
UNMEASURED = 60

T = TypeVar("T")


@cache
def day() -> int:
    """The day of the last commit, counted as Unix does; ``SOCLE_TEST_DAY`` says another."""
    said = os.environ.get("SOCLE_TEST_DAY")
    if said:
        return int(said)
    words = ("git", "-C", Path(__file__).parent, "log", "-1", "--format=%ct")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return int(done.stdout or 0) // DAY_SECONDS  # a checkout without its history: always the same


def in_turn(all_: Sequence[T], today: int) -> list[T]:
    """A seventh of them, at least one: the next ones each day."""
    count = -(-len(all_) // PARTS)
    began = today * count % len(all_)
    return [*all_[began:], *all_[:began]][:count]


def unit(item: pytest.Item) -> str | None:
    """What no part divides: a file, whose tests share machines; or one ``proof(apart=True)``.

    None for ``proof(in_turn=True)``: those take turns in `make test`.
    """
    mark = item.get_closest_marker("proof")
    how = mark.kwargs if mark else {}
    if how.get("in_turn"):
        return None
    return item.nodeid if how.get("apart") else item.nodeid.partition("::")[0]


def chosen(units: Iterable[str], today: int) -> list[str]:
    """The part of that day, each week in another order.

    Where time ends before the last one, the next week begins with others.
    """
    week, number = divmod(today, PARTS)
    of_the_day = split(units)[number]
    return sorted(of_the_day, key=lambda one: _number(f"{week} {one}"))


def split(units: Iterable[str]) -> list[list[str]]:
    """The week's parts: the longest first, each where least is to do, above all for its machines.

    Proofs that share machines wait for each other; the others run beside them.
    """
    parts: list[list[str]] = [[] for _ in range(PARTS)]
    work: Counter[tuple[int, str]] = Counter()
    for one in sorted(set(units), key=lambda one: (-seconds(one), _number(one))):
        folder = one.rpartition("/test_")[0]
        number = min(range(PARTS), key=lambda day: work[day, folder] + work[day, ""])
        parts[number].append(one)
        work[number, folder] += seconds(one)
        work[number, ""] += seconds(one)
    return parts


def seconds(unit: str) -> int:
    """What a unit counts for."""
    return SECONDS.get(unit.partition("::")[0], UNMEASURED)


def _number(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)
