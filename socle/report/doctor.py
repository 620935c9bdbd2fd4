"""The doctor's page: state by theme, what to decide, exceptions, sections of rooms. One page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from socle.report.promises import VERDICTS, Promise, Theme
from socle.report.sections import Machine, Section
from socle.report.typography import count
from socle.report.view import Page
from socle.report.words import words

MOST = 4  # lines of a list on the doctor's page; the rest stands in the pages that follow
DENSE = 9  # themes, or lines of lists, from which the printed page takes smaller type
NAMED = 2  # machines that are named; more are counted


@dataclass(frozen=True)
class State:
    """A theme in one line: its worst verdict, how many promises are kept, and of how many."""

    name: str
    verdict: str
    kept: int
    total: int
    said: str


@dataclass(frozen=True)
class Brief:
    """A section in short: the machines that stand worst."""

    section: Section
    machines: tuple[Machine, ...]
    more: str


@dataclass(frozen=True)
class Doctor:
    """What stands on the page; ``more_*`` say how much of a list stands further on."""

    themes: tuple[State, ...]
    decisions: tuple[Promise, ...]
    more_decisions: str
    waivers: tuple[Mapping[str, Any], ...]
    more_waivers: str
    briefs: tuple[Brief, ...]
    uncovered: tuple[str, ...]

    @property
    def dense(self) -> bool:
        """Whether the page has much to hold."""
        machines = sum(len(brief.machines) for brief in self.briefs)
        lists = len(self.decisions) + len(self.waivers) + machines
        return max(len(self.themes), lists) > DENSE


def doctor(page: Page) -> Doctor:
    """The doctor's page of a report."""
    language = page.language
    waivers = sorted(page.document["waivers"], key=lambda waiver: str(waiver["until"]))
    return Doctor(
        themes=tuple(_state(theme, language) for theme in page.themes),
        decisions=page.decisions[:MOST],
        more_decisions=_more(page.decisions, language),
        waivers=tuple(waivers[:MOST]),
        more_waivers=_more(waivers, language),
        briefs=tuple(_brief(section, language) for section in page.sections),
        uncovered=(*words(language)["uncovered"].split("|"), *page.declared.uncovered(language)),
    )


def where(names: Sequence[str], page: Page) -> str:
    """Machines in few words: their group, their names, or how many they are."""
    group = page.declared.labels.hosts_name(names, page.document["hosts"], page.language)
    if group or len(names) <= NAMED:
        return group or ", ".join(names)
    return count(words(page.language)["n_machines"], len(names), page.language)


def _state(theme: Theme, language: str) -> State:
    text, counts = words(language), Counter[str]()
    for promise in theme.promises:
        counts.update(dict(promise.tally))
    total = counts.total() - counts["not-applicable"]
    verdict = next(verdict for verdict in VERDICTS if counts[verdict])
    said = text["theme_kept"].format(n=counts["pass"], total=total) if total else text["theme_none"]
    return State(theme.name, verdict, counts["pass"], total, said)


def _brief(section: Section, language: str) -> Brief:
    worst = sorted(section.machines, key=lambda machine: VERDICTS.index(machine.verdict))
    return Brief(section, tuple(worst[:MOST]), _more(worst, language))


def _more(items: Sequence[object], language: str) -> str:
    left = len(items) - MOST
    return count(words(language)["more"], left, language) if left > 0 else ""
