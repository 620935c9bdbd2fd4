"""The doctor's page about an exposure: what was open, what is closed, what is left, what is owed.

It tells what was measured, and never that the law is complied with. No door: no page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from socle.exposure.recognised import recognised
from socle.report.doctor import where
from socle.report.doors import ACCOUNTS, ANONYMOUS, KINDS, LISTENERS, Door, doors
from socle.report.history import Apply, History, Pair, Run, run_of
from socle.report.notification import HOURS
from socle.report.typography import DASH, count, long_days, typeset
from socle.report.view import Page
from socle.report.words import words
from socle.verify.verdicts import Verdict

_BOX = ("open", "mapping", "received", "public")
_WALLS = ("firewall-default-deny", LISTENERS, ACCOUNTS, "orthanc-dicom-peers", "orthanc-tls",
          "orthanc-network")  # fmt: skip
"""Promises that keep strangers out although a door leads to the machine."""
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
    found = doors(runs)
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
    """What is open stands first, what shows images before all."""
    return sorted(found, key=lambda one: (one.gone is not None, not one.facts.get("images")))


def _lead(found: Sequence[Door], page: Page) -> str:
    text = words(page.language)
    still = [one for one in found if one.gone is None]
    if any(one.facts.get("images") for one in still):
        return text["story_lead_images"]
    wide = len(_ports(still)) + sum(one.kind == "public" for one in still)
    if wide:
        return count(text["story_lead_open"], wide, page.language)
    if any(one.kind == "received" for one in still):
        return text["story_lead_received"]
    return text["story_lead_inside" if still else "story_lead_closed"]


def _line(one: Door, page: Page) -> Line:
    text, language = words(page.language), page.language
    key = "story_open_images" if one.facts.get("images") else f"story_{one.kind}"
    usual = recognised().purpose(int(one.facts.get("port", 0)), language)
    values = {"host": ", ".join(one.hosts), "usual": f" {DASH} {usual}" if usual else ""}
    what = text[key].format_map({**values, **one.facts})
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
    whom = text[f"story_{one.kind}_whom"]
    when = typeset(" ; ".join(said) if language == "fr" else "; ".join(said), language)
    return Line("pass" if one.gone else "fail", what, whom, when)


def _closed(runs: Sequence[Run], past: History, page: Page) -> Iterator[Line]:
    """The promises about strangers that are kept, those first that were broken before."""
    mended, kept = [], []
    for promise in page.promises:
        if promise.id not in (*KINDS.values(), *_WALLS):
            continue
        good = promise.hosts("pass")
        if not good or promise.hosts("fail"):
            continue
        title = f"{promise.title} · {where(good, page)}"
        was = _broken([(host, promise.id) for host in good], runs)
        if was is not None:
            applies = past.applies if promise.id in _WALLS else ()  # Socle changes no box
            mended.append(Line("pass", title, when=_mended(was, applies, page)))
        elif promise.id in _WALLS:
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
    text, kinds = words(page.language), {one.kind for one in still}
    if numbers := _ports(still):
        named = ", ".join(f"{number}" for number in sorted(numbers))
        yield count(text["story_todo_close"], len(numbers), page.language, ports=named)
    if "mapping" in kinds:
        yield text["story_todo_upnp"]
    if "received" in kinds:
        yield text["story_todo_received"]
    if "public" in kinds:
        yield text["story_todo_public"]
    if kinds & set(_BOX):
        yield text["story_todo_guide"].format(guide=text["story_guide"])
    if kinds & {"answered", ANONYMOUS}:
        yield text["story_todo_deploy"]
    yield text["story_todo_look"].format(practice=page.document["practice"])


def _ports(found: Sequence[Door]) -> set[int]:
    """Ports of the box that lead inwards, by the numbers that the Internet sees."""
    fields = {"open": "port", "mapping": "external_port"}
    return {int(one.facts[fields[one.kind]]) for one in found if one.kind in fields}


def _runs(text: str) -> Runs:
    """Prose in pieces: ("strong", …) stood between two stars, ("code", …) between backticks."""
    kinds = {"*": "strong", "`": "code"}
    pieces = re.split(r"(\*\*[^*]+\*\*|`[^`]+`)", text)
    return tuple(
        (kinds[piece[0]], piece.strip("*`")) if i % 2 else ("text", piece)
        for i, piece in enumerate(pieces)
        if piece
    )
