"""What a room says to the reports: ``REPORT`` in its ``report.py``, a `RoomReport`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from socle.report.sections import Section
from socle.report.words import Text

if TYPE_CHECKING:
    from socle.report.view import Page


def no_sections(_page: Page) -> tuple[Section, ...]:
    """What most rooms add."""
    return ()


@dataclass(frozen=True)
class RoomReport:
    """What one room says; all of it may be left out.

    ``sections``: what its facts make of a page. ``uncovered``: what no tool can cover of its
    domain.
    """

    sections: Callable[[Page], tuple[Section, ...]] = no_sections
    uncovered: tuple[Text, ...] = ()
