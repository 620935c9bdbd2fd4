"""The report for print: every word that stands on the PDF's pages, as plain data.

The template only lays it out: what a machine said reaches it as text, never as markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from socle.report import flows, labels
from socle.report.declared import NOTHING_DECLARED, Declared
from socle.report.doctor import Brief, doctor, where
from socle.report.evolution import evolution
from socle.report.flowmap import as_images
from socle.report.history import NOTHING_KEPT, History
from socle.report.printed_points import Data, away, decision, unmeasured, waivers
from socle.report.promises import VERDICTS, Promise
from socle.report.sections import Section
from socle.report.story import Story, story
from socle.report.typography import decimal, long_moment
from socle.report.view import Page, page
from socle.report.words import words


def printed(
    document: Mapping[str, Any],
    language: str,
    past: History = NOTHING_KEPT,
    declared: Declared = NOTHING_DECLARED,
) -> Data:
    """All pages of a report document in a language, after the ``past`` runs."""
    turned, text = page(document, language, declared), words(language)
    told = story(past, turned)
    return {
        "language": language,
        "t": dict(text),
        "title": text["title"].format(practice=turned.name),
        "name": turned.name,
        "when": text["when"].format(date=_moment(document["finished"], language)),
        "socle": document["socle"],
        "verdicts": [
            [key, labels.label(labels.VERDICTS, key, language), document["summary"][key]]
            for key in VERDICTS
        ],
        "doctor": _doctor(turned, told),
        "story": _story(told),
        "decisions": [decision(promise, turned) for promise in turned.decisions],
        "waivers": waivers(document["waivers"], turned),
        "unmeasured": [*away(turned), *unmeasured(turned)],
        "sections": [_section(one) for one in turned.sections],
        "evolution": _evolution(past, turned),
        "flows": _flows(turned),
        "themes": [
            [theme.name, [_promise(promise, turned) for promise in theme.promises]]
            for theme in turned.themes
        ],
        "hosts": [_host(host, turned) for host in document["hosts"]],
        "annex": _annex(turned),
    }


def _doctor(turned: Page, told: Story | None) -> Data:
    first, (lead, *rest) = doctor(turned), turned.state()
    see = [["fail" if told.open else "pass", words(turned.language)["story_see"]]] if told else []
    return {
        "ring": turned.ring,
        "kept": turned.document["summary"]["pass"],
        "of": words(turned.language)["of"].format(n=turned.applicable),
        "applicable": turned.applicable,
        "shown": [key for key in VERDICTS if turned.document["summary"][key]],
        "state": [lead, *see, *rest],
        "themes": [[state.verdict, state.name, state.said] for state in first.themes],
        "decisions": [
            decision(promise, turned) | {"where": where(promise.hosts("fail"), turned)}
            for promise in first.decisions
        ],
        "more_decisions": first.more_decisions,
        "waivers": waivers(first.waivers, turned),
        "more_waivers": first.more_waivers,
        "briefs": [_brief(one) for one in first.briefs],
        "uncovered": first.uncovered,
    }


def _story(told: Story | None) -> Data | None:
    if told is None:
        return None
    return {
        "open": told.open,
        "lead": told.lead,
        "found": [[one.verdict, one.text, one.whom, one.when] for one in told.found],
        "more": told.more,
        "closed": [[one.verdict, one.text, one.when] for one in told.closed],
        "todo": told.todo,
        "law": told.law,
        "incident": told.incident,
    }


def _brief(brief: Brief) -> Data:
    return {
        "title": brief.section.title,
        "none": brief.section.none,
        "columns": brief.section.brief,
        "machines": [[one.verdict, one.name, one.brief] for one in brief.machines],
        "more": brief.more,
    }


def _section(section: Section) -> Data:
    rows = [
        [[" · ".join(filter(None, (row.name, row.note))), *row.cells] for row in machine.rows]
        for machine in section.machines
    ]
    return {
        "title": section.title,
        "intro": f"{section.intro} {section.remark}",
        "none": section.none,
        "columns": [column.name for column in section.columns],
        "shares": [column.share for column in section.columns],
        "machines": [
            [machine.verdict, machine.name, lines]
            for machine, lines in zip(section.machines, rows, strict=True)
        ],
    }


def _evolution(past: History, turned: Page) -> Data | None:
    found = evolution(past, turned, paper=True)
    if found is None:
        return None
    return {
        "drawing": found.drawing,
        "chapters": [
            [chapter.headline, [[one.verdict, one.title, one.where] for one in chapter.moved]]
            for chapter in found.chapters
        ],
    }


def _flows(turned: Page) -> Data:
    language, called = turned.language, turned.declared.labels
    rows, hosts = turned.document["flows"], turned.document["hosts"]
    return {
        "columns": [flows.heading(column, language) for column in flows.COLUMNS],
        "rows": [
            [
                called.hosts_name(row["hosts"], hosts, language)
                or flows.cell(row, column, language, called)
                if column == "hosts"
                else flows.cell(row, column, language, called)
                for column in flows.COLUMNS
            ]
            for row in rows
        ],
        "drawings": as_images(rows, hosts, language, called),
    }


def _promise(promise: Promise, turned: Page) -> list[Any]:
    language = turned.language
    alone = len(promise.tally) == 1
    answers = [
        [
            verdict,
            labels.label(labels.VERDICTS, verdict, language),
            "" if alone else where(promise.hosts(verdict), turned),
        ]
        for verdict, _ in promise.tally
    ]
    severity = labels.label(labels.SEVERITIES, promise.severity, language)
    return [promise.title, promise.severity, severity, answers]


def _host(host: Mapping[str, Any], turned: Page) -> Data:
    text = words(turned.language)
    note = "" if host["verdicts"] else text["not_examined"]
    found = [
        [
            entry["verdict"],
            promise.title,
            labels.label(labels.VERDICTS, entry["verdict"], turned.language),
        ]
        for promise, entry in turned.on(host["name"])
    ]
    return {
        "name": host["name"],
        "facts": " · ".join(turned.facts(host)),
        "note": note if host["reachable"] else text["away"],
        "verdicts": found,
    }


def _annex(turned: Page) -> Data:
    document, language, text = turned.document, turned.language, words(turned.language)
    versions = (f"{name} {known or text['absent']}" for name, known in document["versions"].items())
    ran = text["run_detail"].format(
        started=_moment(document["started"], language),
        finished=_moment(document["finished"], language),
        seconds=decimal(document["seconds"], language),
    )
    return {
        "facts": [[text["run"], ran], [text["versions"], ", ".join(versions)]],
        "digest": document["baseline"]["digest"],
        "references": [[p.title, p.id, " · ".join(p.references) or "—"] for p in turned.promises],
        "documents": [
            turned.declared.labels.document(key, language)
            for key in labels.cited(document["controls"])
        ],
    }


def _moment(moment: str, language: str) -> str:
    return long_moment(datetime.fromisoformat(moment), language, words(language)["paris"])
