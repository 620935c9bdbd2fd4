"""The doctor's page about an exposure: what was open, what is closed, what is left, what is owed.

It tells what was measured, and never that the law is complied with. No door: no page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from socle.exposure.recognised import recognised
from socle.report.doctor import where
from socle.report.doorkinds import DoorKind, Reach
from socle.report.doors import Door, doors
from socle.report.history import Apply, History, Pair, Run, run_of
from socle.report.notification import HOURS
from socle.report.typography import DASH, count, long_days, typeset
from socle.report.view import Page
from socle.report.words import Text, words
from socle.verify.verdicts import Verdict

_REACH: Sequence[Reach] = get_args(Reach)
_MOST = 6  # doors, and one less of what is closed: the page is one

Runs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Line:
    """One line of a list, the verdict whose mark it bears, and what stands below it."""

    verdict: str
    text: str
    whom: str = ""
    when: str = ""


@dataclass(frozen=True)
class Story:
    """What stands on the page. ``open``: whether anything still is."""

    open: bool
    lead: str
    found: tuple[Line, ...]
    more: str
    closed: tuple[Line, ...]
    todo: tuple[Runs, ...]
    law: tuple[Runs, ...]
    incident: Runs


def story(past: History, page: Page) -> Story | None:
    """The page of a report after its ``past`` runs; None where no door stood open."""
    runs = [*past.runs, run_of(page.document)]
    found = doors(runs, page.declared.doors)
    if not found:
        return None
    text = words(page.language)
    law = text["story_law_items"].format(hours=HOURS)
    still = [one for one in found if one.gone is None]
    return Story(
        open=bool(still),
        lead=_lead(found, page),
        found=tuple(_line(one, page) for one in _first(found)[:_MOST]),
        more=count(text["more"], len(found) - _MOST, page.language) if found[_MOST:] else "",
        closed=tuple(_closed(runs, past, page))[: _MOST - 1],
        todo=tuple(map(_runs, _todo(still, page))),
        law=tuple(map(_runs, law.split("|"))),
        incident=_runs(text["story_incident"].format(practice=page.document["practice"])),
    )


def _first(found: Sequence[Door]) -> list[Door]:
    """What is open stands first, what is worse than that before all."""
    return sorted(found, key=lambda one: (one.gone is not None, not one.worse))


def _lead(found: Sequence[Door], page: Page) -> str:
    still = [one for one in found if one.gone is None]
    if not still:
        return words(page.language)["story_lead_closed"]
    for one in still:
        if one.kind.worse and one.worse:
            return one.kind.worse.lead.said(page.language)
    widest = min((one.kind.reach for one in still), key=_REACH.index)
    alike = [one for one in still if one.kind.reach == widest]
    n = len(_numbers(alike)) + sum(one.number is None for one in alike)
    return count(alike[0].kind.lead.said(page.language), n, page.language)


def _line(one: Door, page: Page) -> Line:
    text, language = words(page.language), page.language
    kind = one.kind
    told = kind.worse.what if kind.worse and one.worse else kind.what
    usual = recognised().purpose(int(one.facts.get("port", 0)), language)
    values = {"host": ", ".join(one.hosts), "usual": f" {DASH} {usual}" if usual else ""}
    what = told.said(language).format_map({**values, **one.facts})
    once = one.since == one.last
    moments = {
        "story_once" if once else "story_since": one.since,
        "story_before": one.before,
        "story_gone": one.gone,
    }
    days = long_days({key: moment for key, moment in moments.items() if moment}, language)
    said = [text[key].format(day=day) for key, day in days.items()]
    if once and not one.before:
        said.insert(1, text["story_nobody"])
    when = typeset(" ; ".join(said) if language == "fr" else "; ".join(said), language)
    return Line("pass" if one.gone else "fail", what, kind.whom.said(language), when)


def _closed(runs: Sequence[Run], past: History, page: Page) -> Iterator[Line]:
    """The promises about strangers that are kept, those first that were broken before."""
    mended, kept = [], []
    walls, doorways = page.declared.walls, {one.control for one in page.declared.doors}
    for promise in page.promises:
        if promise.id not in walls | doorways:
            continue
        good = promise.hosts("pass")
        if not good or promise.hosts("fail"):
            continue
        title = f"{promise.title} · {where(good, page)}"
        was = _broken([(host, promise.id) for host in good], runs)
        if was is not None:
            applies = past.applies if promise.id in walls else ()  # Socle changes no box
            mended.append(Line("pass", title, when=_mended(was, applies, page)))
        elif promise.id in walls:
            kept.append(Line("pass", title, when=words(page.language)["story_holds"]))
    yield from (*mended, *kept)


def _broken(pairs: Sequence[Pair], runs: Sequence[Run]) -> tuple[datetime, datetime] | None:
    """When one of them was broken for the last time, and when it was kept after that."""
    broken = [run for run in runs if any(run.verdicts.get(p) is Verdict.FAIL for p in pairs)]
    if not broken:
        return None
    after = (run for run in runs if run.finished > broken[-1].finished)
    good = (run for run in after if any(run.verdicts.get(p) is Verdict.PASS for p in pairs))
    return broken[-1].finished, next(good, runs[-1]).finished


def _mended(was: tuple[datetime, datetime], applies: Sequence[Apply], page: Page) -> str:
    moments = dict(zip(("before", "now"), was, strict=True))
    applied = [one.finished for one in applies if was[0] < one.finished <= was[1]]
    if applied:
        moments["applied"] = applied[-1]
    key = "story_mended_apply" if applied else "story_mended"
    return words(page.language)[key].format(**long_days(moments, page.language))


def _todo(still: Sequence[Door], page: Page) -> Iterator[str]:
    language, numbers = page.language, _numbers(still)
    named = ", ".join(f"{number}" for number in sorted(numbers))
    kinds = {one.kind for one in still}
    for text in _once_each([one for one in page.declared.doors if one in kinds]):
        yield count(text.said(language), len(numbers), language, ports=named)
    look = words(language)["story_todo_look"]
    yield look.format(practice=page.document["practice"])


def _once_each(kinds: Sequence[DoorKind]) -> list[Text]:
    """What is left to do about some kinds of doors; a repeated sentence stays at its last place."""
    every = [text for kind in kinds for text in kind.todo]
    return [*reversed(dict.fromkeys(reversed(every)))]


def _numbers(found: Sequence[Door]) -> set[int]:
    """Ports of the box that lead inwards, by the numbers that the Internet sees."""
    return {number for one in found if (number := one.number) is not None}


def _runs(text: str) -> Runs:
    """Prose in pieces: ("strong", …) stood between two stars, ("code", …) between backticks."""
    kinds = {"*": "strong", "`": "code"}
    pieces = re.split(r"(\*\*[^*]+\*\*|`[^`]+`)", text)
    return tuple(
        (kinds[piece[0]], piece.strip("*`")) if i % 2 else ("text", piece)
        for i, piece in enumerate(pieces)
        if piece
    )
