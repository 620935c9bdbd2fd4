"""Whether what reads a machine's words takes twice as long for twice as many, and no longer."""

from __future__ import annotations

import time
from collections.abc import Callable

_FIRST, _LARGEST = 1_000, 256_000  # characters
_ENOUGH = 0.02  # seconds from which a computer that does other things, too, can be compared
_TWICE, _TRIES = 2.8, 4


def linear(read: Callable[[int], object]) -> bool:
    """Whether ``read``, given a number of characters, takes time that grows as they do.

    What is quicker than `_ENOUGH` for the largest number is quick enough, whatever it is.
    """
    size = _FIRST
    while _seconds(read, size) < _ENOUGH:
        size *= 2
        if size > _LARGEST:
            return True
    return any(_seconds(read, 2 * size) <= _TWICE * _seconds(read, size) for _ in range(_TRIES))


def _seconds(read: Callable[[int], object], size: int) -> float:
    """The least of three, of this process alone: others take no part in it."""

    def once() -> float:
        began = time.process_time()
        read(size)
        return time.process_time() - began

    return min(once() for _ in range(3))
