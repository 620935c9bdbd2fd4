"""The operator's terminal. Commands print through this module and in no other way.

What is printed is text: a machine's, a bundle's or a file's words give the terminal no order, are
no markup, and stay on the line where they are said.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from socle import harmless


class Screen(Console):
    """A rich console for tables and progress, whose markup is off."""

    def __init__(self, **options: Any) -> None:
        """``options``: rich's own."""
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Everything that is shown comes through here, whatever put it together."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(harmless.block(text), style)

    def say(self, *parts: str | tuple[str, str], style: str = "") -> None:
        """One line; a part may have a style of its own: ``(text, "red")``."""
        line = Text(style=style)
        for part in parts:
            text, own = (part, "") if isinstance(part, str) else part
            line.append(harmless.line(text), own or None)
        self.print(line, soft_wrap=True)


SCREEN = Screen()
say = SCREEN.say


@contextmanager
def step(title: str) -> Iterator[None]:
    """A titled part of a longer work, with the seconds that it took."""
    started = time.monotonic()
    say()
    say(f"==> {title}", style="bold cyan")
    yield
    say(f"    {time.monotonic() - started:.1f} s", style="dim")


def warn(line: str) -> None:
    """One line beside the result: to standard error."""
    sys.stderr.write(f"{harmless.line(line)}\n")


def write(text: str, stream: TextIO | None = None) -> None:
    """Whole lines, not fitted to the terminal: to standard output unless said otherwise."""
    (stream or sys.stdout).write(harmless.block(text))


def data(value: Any) -> None:
    """JSON, for another program."""
    sys.stdout.write(f"{harmless.as_json(value)}\n")
