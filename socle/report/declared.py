"""What the rooms of a checkout say to the reports, all rooms together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from socle.baseline import packages
from socle.errors import BadPractice, Problem
from socle.report.doorkinds import DoorKind
from socle.report.labels import Labels
from socle.report.rooms import Direction, Exposed, Inside, RoomReport
from socle.report.sections import Section

if TYPE_CHECKING:
    from socle.report.view import Page

_NAMES = ("themes", "groups", "references")


@dataclass(frozen=True)
class Declared:
    """The reports of rooms, in the rooms' alphabetical order."""

    rooms: tuple[RoomReport, ...] = ()

    @cached_property
    def labels(self) -> Labels:
        """What keys are called: names of the house, and those of the rooms."""
        found = Labels()
        for room in self.rooms:
            found = found.with_those_of(room.themes, room.groups, room.references)
        return found

    def sections(self, page: Page) -> tuple[Section, ...]:
        """The sections that the rooms add to a page."""
        return tuple(chain.from_iterable(room.sections(page) for room in self.rooms))

    def sentences(self, page: Page) -> tuple[tuple[str, str], ...]:
        """What the rooms tell at the top of a page, each with a verdict."""
        return tuple(chain.from_iterable(room.sentences(page) for room in self.rooms))

    def uncovered(self, language: str) -> tuple[str, ...]:
        """What no tool can cover of the rooms' domains."""
        return tuple(text.said(language) for room in self.rooms for text in room.uncovered)

    @cached_property
    def doors(self) -> tuple[DoorKind, ...]:
        """The ways in that checks may find open."""
        return tuple(chain.from_iterable(room.doors for room in self.rooms))

    @cached_property
    def walls(self) -> frozenset[str]:
        """The controls that keep strangers out although a door leads to the machine."""
        return frozenset(chain.from_iterable(room.walls for room in self.rooms))

    @cached_property
    def inside(self) -> tuple[Inside, ...]:
        """The controls by which machines tell what reaches them, in the order of the sentence."""
        found = chain.from_iterable(room.inside for room in self.rooms)
        return tuple(sorted(found, key=lambda one: one.place))

    @cached_property
    def exposed(self) -> Exposed | None:
        """The answer to the doctor's question, in a room's words."""
        return next(filter(None, (room.exposed for room in self.rooms)), None)

    def flows(self, direction: Direction) -> tuple[str, ...]:
        """The settings with a host's permitted flows in a direction."""
        return tuple(room.flows[direction] for room in self.rooms if direction in room.flows)


NOTHING_DECLARED = Declared()
"""Of a document that is shown without a checkout."""


@cache
def of(root: Path) -> Declared:
    """What the rooms of the checkout ``root`` say.

    Raises `BadPractice` for a ``REPORT`` that is none, and for one thing with two names.
    """
    files = sorted(root.glob("roles/*/report.py"))
    rooms = {file: _report(root, file) for file in files}
    if problems := list(_renamed(rooms)):
        raise BadPractice(problems)
    return Declared(tuple(rooms.values()))


def _report(root: Path, file: Path) -> RoomReport:
    found = getattr(packages.load(root, file.parent.name, file.stem), "REPORT", None)
    if not isinstance(found, RoomReport):
        raise BadPractice([Problem(file, 0, "REPORT", "a RoomReport", repr(found))])
    return found


def _renamed(rooms: Mapping[Path, RoomReport]) -> Iterator[Problem]:
    for kind in _NAMES:
        known = dict(getattr(Labels(), kind))
        for file, room in rooms.items():
            for key, name in getattr(room, kind).items():
                if known.setdefault(key, name) != name:
                    wanted = f"the name that it has elsewhere, {known[key]}"
                    yield Problem(file, 0, f"{kind}: {key}", wanted, str(name))
