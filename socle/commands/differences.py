"""How differences between runs are shown: by `socle verify --since-last` and `socle history`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from socle.commands.console import say

if TYPE_CHECKING:
    from socle.report.drift import Difference

# Mark and style: never the colour alone.
_SHOWN = {
    "worse": ("✘", "bold red"),
    "no longer measured": ("?", "bold magenta"),
    "better": ("✔", "green"),
    "other": ("·", ""),
    "new": ("+", ""),
    "gone": ("-", ""),
}


def show(found: Iterable[Difference], titles: Mapping[str, str]) -> None:
    """One line a difference, its title below it where it is a regression."""
    from socle.verify.changes import REGRESSIONS  # noqa: PLC0415

    for one in found:
        mark, style = _SHOWN[one.change]
        moved = f"{one.before or 'none'} → {one.after or 'none'}"
        say(f"{mark} {one.change}: {one.host}  {one.control}  ({moved})", style=style)
        if one.change in REGRESSIONS and one.control in titles:
            say(f"  {titles[one.control]}", style="italic")
