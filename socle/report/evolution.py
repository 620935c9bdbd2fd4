"""What moved since earlier runs, for the report: a drawing over time, what is better or worse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from socle.report.doctor import where
from socle.report.drift import Difference, chapters
from socle.report.history import Apply, History, Run, run_of
from socle.report.timeline import svg_over_time
from socle.report.typography import long_date
from socle.report.view import Page
from socle.report.words import words
from socle.verify.changes import REGRESSIONS, Change


@dataclass(frozen=True)
class Moved:
    """A promise whose verdict changed, with its new verdict and the machines, in words."""

    verdict: str
    title: str
    where: str


@dataclass(frozen=True)
class Chapter:
    """What changed in one stretch of time, the regressions first."""

    headline: str
    moved: tuple[Moved, ...]


@dataclass(frozen=True)
class Evolution:
    """``drawing``: the runs over time as SVG, this one included."""

    drawing: str
    chapters: tuple[Chapter, ...]


def evolution(past: History, page: Page, *, paper: bool = False) -> Evolution | None:
    """How this run differs from the kept ones before it; None when it is the first."""
    if not past.runs:
        return None
    run = run_of(page.document)
    runs = [*past.runs, run]
    drawing = svg_over_time(runs, past.applies, page.language, paper=paper)
    return Evolution(drawing, tuple(_chapters(runs, past.applies, page)))


def _chapters(runs: Sequence[Run], applies: Sequence[Apply], page: Page) -> Iterable[Chapter]:
    for key, event, found in chapters(runs, applies):
        chapter = _chapter(key, event, found, page)
        if chapter.moved or key == "since_last_run":
            yield chapter


def _chapter(key: str, event: Run | Apply, found: Sequence[Difference], page: Page) -> Chapter:
    date = long_date(event.finished.date(), page.language)
    shown = [one for one in found if one.change in (*REGRESSIONS, Change.BETTER)]
    machines: dict[tuple[str, str], list[str]] = {}
    for one in shown:
        machines.setdefault((str(one.after), one.control), []).append(one.host)
    moved = tuple(
        Moved(verdict, page.title(control), where(names, page))
        for (verdict, control), names in machines.items()
    )
    return Chapter(words(page.language)[key].format(date=date), moved)
