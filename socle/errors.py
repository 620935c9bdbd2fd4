"""What can go wrong, said once and clearly: every error names a place and what was expected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from socle import harmless


class SocleError(Exception):
    """An error the operator can act on. Its text is complete: no traceback is needed.

    ``exit_code`` is what a command line ends with.
    """

    exit_code = 2

    def __str__(self) -> str:
        """The text, in lines of ours; what it quotes is shown as text."""
        return harmless.block(super().__str__())


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a practice's or the region's files.

    ``line`` counts from 1; 0 means that the mistake is the whole file's.
    """

    file: Path
    line: int
    where: str
    expected: str
    read: str | None = None
    advice: str | None = None

    def __str__(self) -> str:
        """``FILE:LINE: KEY: expected X, read Y``, and the advice indented below."""
        seen = "" if self.read is None else f", read {self.read}"
        place = f"{_short(self.file)}:{self.line}: {self.where}"
        text = harmless.line(f"{place}: expected {self.expected}{seen}")
        if self.advice is None:
            return text
        return "\n".join([text, *(f"    {line}" for line in self.advice.splitlines())])


class BadPractice(SocleError):
    """All the mistakes of a practice at once, in the order of the files' lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Sorted, and each said once."""
        self.problems = tuple(
            sorted(set(problems), key=lambda p: (p.file, p.line, p.where, p.expected))
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


def _short(path: Path) -> str:
    """The path as the operator would type it: below the current folder, relative to it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
