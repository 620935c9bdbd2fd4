"""Questions to machines and what they answered: what passes between the checks and the hosts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

TIME_LIMIT = 30.0  # seconds a command may take on a host
HERE = ""
"""``asked`` of a question to the operator's own computer."""

Kind = Literal["command", "script", "look"]


@dataclass(frozen=True)
class Question:
    """What is asked of one machine.

    ``kind``: a shell command as root, a script as the login, or a look from the operator's
    computer: at ports, or at what is kept there about the practice. ``words``: all of it.
    ``limit``: seconds it may take.
    """

    asked: str
    kind: Kind
    words: str
    limit: float = TIME_LIMIT


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    stdout: bytes
    stderr: bytes


class Notebook(Protocol):
    """Stands between the checks and the links: remembers, or answers in the links' place."""

    def ask(self, question: Question, send: Callable[[], Answer], *, live: bool = False) -> Answer:
        """The answer: by ``send``, or known already unless it has to be ``live``."""


class Straight:
    """A notebook that keeps nothing: every question is sent."""

    def ask(
        self,
        question: Question,  # noqa: ARG002
        send: Callable[[], Answer],
        *,
        live: bool = False,  # noqa: ARG002
    ) -> Answer:
        """Send it."""
        return send()


def short(command: str) -> str:
    """A command on one line of a terminal."""
    line = " ".join(command.split())
    return line if len(line) <= 80 else f"{line[:79]}…"  # noqa: PLR2004 - a terminal's line
