"""What has to be looked at, in plain data for print: broken, accepted, not measured."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from socle.report import labels
from socle.report.doctor import where
from socle.report.promises import Finding, Part, Promise, parts
from socle.report.typography import count, long_date, typeset
from socle.report.view import SOON, Page
from socle.report.words import words

Data = dict[str, Any]

LONGEST = 40  # characters of a word from which a line may break inside it
_BREAK = "\u200b"


def decision(promise: Promise, turned: Page) -> Data:
    """A broken promise, with every answer that broke it."""
    severity = labels.label(labels.SEVERITIES, promise.severity, turned.language).lower()
    return {
        "id": promise.id,
        "title": promise.title,
        "severity": promise.severity,
        "said": f"{words(turned.language)['severity']} {severity}",
        "answers": [_answer(finding, turned) for finding in promise.findings("fail")],
    }


def waivers(accepted: Sequence[Mapping[str, Any]], turned: Page) -> list[Data]:
    """The exceptions, the one that ends first at the top."""
    text, language = words(turned.language), turned.language
    found = []
    for waiver in sorted(accepted, key=lambda one: str(one["until"])):
        left, expired = turned.days_left(waiver), waiver["expired"]
        until = long_date(date.fromisoformat(waiver["until"]), language)
        soon = not expired and left <= SOON
        found.append(
            {
                "title": turned.title(waiver["control"]),
                "where": where(waiver["hosts"], turned),
                "term": text["expired" if expired else "until"].format(date=until),
                "soon": count(text["soon"], left, language) if soon else "",
                "expired": expired,
                "facts": [
                    [text["machines"], _names(waiver["hosts"], turned)],
                    *(
                        [text[key], typeset(waiver[key], language)]
                        for key in ("reason", "compensating")
                    ),
                    [text[_approver(waiver)], typeset(waiver["approved_by"], language)],
                ],
                "set": "\n".join(f"{key}: {value}" for key, value in waiver["set"].items()),
            }
        )
    return found


def _approver(waiver: Mapping[str, Any]) -> str:
    return "approved_by_region" if waiver.get("region") else "approved_by"


def away(turned: Page) -> list[Data]:
    """The machines that did not answer, and why."""
    text = words(turned.language)
    found = []
    for host in turned.away:
        silent = [entry for entry in host["verdicts"] if entry["unreachable"]]
        said = count(text["away_detail"], len(silent), turned.language)
        answer = [[text["promise"], [["text", said]]]]
        answer += _parts(parts(silent[0]), turned.language)
        found.append({"title": f"{host['name']}, {text['away']}", "answers": [answer]})
    return found


def unmeasured(turned: Page) -> list[Data]:
    """The promises that a machine which answered could not be asked about."""
    return [
        {
            "title": promise.title,
            "answers": [_answer(f, turned) for f in promise.findings("unknown")],
        }
        for promise in turned.unmeasured
    ]


def _answer(finding: Finding, turned: Page) -> list[list[Any]]:
    """The lines of an answer: what it is called, and its text in runs."""
    where_found = [words(turned.language)["machines"], [["text", _names(finding.hosts, turned)]]]
    return [where_found, *_parts(finding.parts, turned.language)]


def _parts(found: Sequence[Part], language: str) -> list[list[Any]]:
    return [[words(language)[key], _runs(text)] for key, text in found]


def _runs(text: str) -> list[list[str]]:
    """Technical text in pieces: what stands between backticks is code."""
    pieces = re.split(r"`([^`\n]+)`", _breakable(text))
    return [["code" if i % 2 else "text", piece] for i, piece in enumerate(pieces) if piece]


def _breakable(text: str) -> str:
    return re.sub(rf"\S{{{LONGEST}}}(?=\S)", rf"\g<0>{_BREAK}", text)


def _names(names: Sequence[str], turned: Page) -> str:
    known = turned.declared.labels.hosts_name(names, turned.document["hosts"], turned.language)
    return known or ", ".join(names)
