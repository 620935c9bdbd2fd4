"""What a room says to the reports: ``REPORT`` in its ``report.py``, a `RoomReport`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from socle.report.doorkinds import DoorKind
from socle.report.labels import Pairs, Source
from socle.report.sections import Section
from socle.report.words import Text

if TYPE_CHECKING:
    from socle.report.view import Page

Direction = Literal["in", "out"]


@dataclass(frozen=True)
class Inside:
    """A control by which machines tell from inside what reaches them from the Internet.

    ``good`` ("one|many" of ``{n}`` machines, ``{day}``), ``bad`` (``{host}``, ``{day}``) and
    ``missing``: parts of a sentence. ``place``: where they stand in it, the smallest first.
    """

    control: str
    place: int
    good: Text
    bad: Text
    missing: Text


@dataclass(frozen=True)
class Exposed:
    """Whether what the room's programs hold can be reached from the Internet, for the doctor.

    ``no`` (``{proofs}``) and ``unknown`` (``{reason}``): sentences. ``stranger``, a program lets
    anybody in, and ``port``, one where such data travel answers: parts of one, with ``{where}``.
    """

    no: Text
    unknown: Text
    stranger: Text
    port: Text


def no_sections(_page: Page) -> Iterable[Section]:
    """What most rooms add."""
    return ()


def no_sentences(_page: Page) -> Iterable[tuple[str, str]]:
    """What most rooms have to tell."""
    return ()


@dataclass(frozen=True)
class RoomReport:
    """What one room says; all of it may be left out.

    ``themes``, ``groups``: keys of the room's own -> (French, English); ``references``: documents
    that only this room cites. Two rooms may name the same, alike.
    ``sections``: what its facts make of a page. ``sentences``: what there is to know at the top,
    each with the verdict whose mark it bears. ``uncovered``: what no tool can cover of its domain.
    ``doors``: the ways in that its checks may find open. ``walls``: controls that keep strangers
    out although a door leads to the machine. ``inside``: what its machines can tell of the
    Internet. ``exposed``: what the doctor is told of it; the first room's words count.
    ``flows``: the settings with the permitted flows of a host.
    """

    themes: Pairs = field(default_factory=dict)
    groups: Pairs = field(default_factory=dict)
    references: Mapping[str, Source] = field(default_factory=dict)
    sections: Callable[[Page], Iterable[Section]] = no_sections
    sentences: Callable[[Page], Iterable[tuple[str, str]]] = no_sentences
    uncovered: tuple[Text, ...] = ()
    doors: tuple[DoorKind, ...] = ()
    walls: tuple[str, ...] = ()
    inside: tuple[Inside, ...] = ()
    exposed: Exposed | None = None
    flows: Mapping[Direction, str] = field(default_factory=dict)
