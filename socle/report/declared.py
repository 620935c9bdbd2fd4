"""What the rooms of a checkout say to the reports, all rooms together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from socle.baseline import packages
from socle.errors import BadPractice, Problem
from socle.report.rooms import RoomReport
from socle.report.sections import Section

if TYPE_CHECKING:
    from socle.report.view import Page


@dataclass(frozen=True)
class Declared:
    """The reports of rooms, in the rooms' alphabetical order."""

    rooms: tuple[RoomReport, ...] = ()

    def sections(self, page: Page) -> tuple[Section, ...]:
        """The sections that the rooms add to a page."""
        return tuple(section for room in self.rooms for section in room.sections(page))

    def uncovered(self, language: str) -> tuple[str, ...]:
        """What no tool can cover of the rooms' domains."""
        return tuple(text.said(language) for room in self.rooms for text in room.uncovered)


NOTHING_DECLARED = Declared()
"""Of a document that is shown without a checkout."""


@cache
def of(root: Path) -> Declared:
    """What the rooms of the checkout ``root`` say. Raises `BadPractice` for what is no report."""
    files = sorted(root.glob("roles/*/report.py"))
    return Declared(tuple(_report(root, file) for file in files))


def _report(root: Path, file: Path) -> RoomReport:
    found = getattr(packages.load(root, file.parent.name, file.stem), "REPORT", None)
    if not isinstance(found, RoomReport):
        raise BadPractice([Problem(file, 0, "REPORT", "a RoomReport", repr(found))])
    return found
