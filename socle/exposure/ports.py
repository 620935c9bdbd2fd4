"""Numbers of TCP ports as text, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable

EVERY = range(1, 65536)
_WORD = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


def parse(words: str) -> list[int]:
    """The ports in ``22,80,8000-8100``, sorted. Raises ValueError with the word that is none."""
    return [port for first, last in _runs(words) for port in range(first, last + 1)]


def normal(words: str) -> str:
    """The same as `ranges` writes it, however often a port is named. Raises like `parse`."""
    return _text(_runs(words))


def _runs(words: str) -> list[list[int]]:
    """The first and the last port of each run. A port that is named again costs nothing."""
    spans = set()
    for word in words.replace(" ", "").split(","):
        match = _WORD.fullmatch(word)
        first = int(match[1]) if match else 0
        last = int(match[2] or match[1]) if match else 0
        if not (1 <= first <= last <= EVERY[-1]):
            raise ValueError(word)
        spans.add((first, last))
    return _joined(spans)


def ranges(ports: Iterable[int]) -> str:
    """The same as text, as short as can be."""
    return _text(_joined((port, port) for port in ports))


def _joined(spans: Iterable[tuple[int, int]]) -> list[list[int]]:
    runs: list[list[int]] = []
    for first, last in sorted(spans):
        if runs and first <= runs[-1][1] + 1:
            runs[-1][1] = max(runs[-1][1], last)
        else:
            runs.append([first, last])
    return runs


def _text(runs: list[list[int]]) -> str:
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)
