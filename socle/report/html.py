"""The report as one HTML page that needs nothing else: no script, no font, no network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from socle import harmless
from socle.report import flows, typography
from socle.report.data import write_text
from socle.report.declared import NOTHING_DECLARED, Declared
from socle.report.doctor import doctor, where
from socle.report.evolution import evolution
from socle.report.flowmap import cards
from socle.report.history import NOTHING_KEPT, History
from socle.report.labels import HOUSE, Labels, cited, label
from socle.report.labels import SEVERITIES as SEVERITY_NAMES
from socle.report.labels import VERDICTS as VERDICT_NAMES
from socle.report.promises import SEVERITIES, VERDICTS, in_lines, parts
from socle.report.story import story
from socle.report.view import SOON, page
from socle.report.words import words

STYLES = ("report.css", "doctor.css", "story.css", "flows.css")
LONG = 700  # characters of technical text that stand on the page unfolded


def render_html(
    document: Mapping[str, Any],
    language: str = "fr",
    past: History = NOTHING_KEPT,
    declared: Declared = NOTHING_DECLARED,
) -> str:
    """The page of a report document, in French ("fr") or English ("en").

    ``past``: the runs before it, to be compared with; ``declared``: what the rooms say.
    """
    turned = page(document, language, declared)
    return (
        environment(language, declared.labels)
        .get_template("report.html.j2")
        .render(
            document=document,
            page=turned,
            doctor=doctor(turned),
            where=partial(where, page=turned),
            evolution=evolution(past, turned),
            story=story(past, turned),
            language=language,
            t=words(language),
            verdicts=VERDICTS,
            severities=SEVERITIES,
            soon=SOON,
            style=Markup("".join(map(resource, STYLES))),  # noqa: S704 - our own
            drawings=[
                card.element()
                for card in cards(document["flows"], document["hosts"], language, declared.labels)
            ],
            flow_columns=flows.COLUMNS,
            references=cited(document["controls"]),
        )
    )


def write_html(
    document: Mapping[str, Any],
    path: Path,
    language: str = "fr",
    past: History = NOTHING_KEPT,
    declared: Declared = NOTHING_DECLARED,
) -> None:
    """Writes the page in one step, readable by its owner alone."""
    write_text(render_html(document, language, past, declared), path)


@cache
def environment(language: str, labels: Labels = HOUSE) -> Environment:
    """The templates of a language, with the filters that they use."""
    made = Environment(
        loader=FunctionLoader(resource),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = words(language)
    for kind, pairs in (("verdicts", VERDICT_NAMES), ("severities", SEVERITY_NAMES)):
        made.filters[f"{kind}_label"] = partial(label, pairs, language=language)
    made.filters |= {
        "typeset": partial(typography.typeset, language=language),
        "count": lambda n, sentence: typography.count(sentence, n, language),
        "date": lambda day: typography.long_date(date.fromisoformat(day), language),
        "moment": lambda moment: typography.long_moment(
            datetime.fromisoformat(moment), language, text["paris"]
        ),
        "number": partial(typography.decimal, language=language),
        "machines": lambda names, hosts: (
            labels.hosts_name(names, hosts, language) or ", ".join(names)
        ),
        "heading": partial(flows.heading, language=language),
        "cell": lambda row, column: flows.cell(row, column, language, labels),
        "references_label": partial(labels.document, language=language),
        "lower_first": lambda text: text[:1].lower() + text[1:],
        "code": _code,
        "beginning": _beginning,
        "parts": parts,
        "in_lines": in_lines,
    }
    return made


def resource(name: str) -> str:
    """The text of a file of ``templates/``."""
    return files("socle.report").joinpath("templates", name).read_text("utf-8")


def _shown(value: Any) -> Any:
    """A value as it goes onto the page; Jinja escapes its markup afterwards."""
    return harmless.block(value) if type(value) is str else value


def _code(text: str) -> Markup:
    """Technical text, escaped, with what stands between backticks as code."""
    marked = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(harmless.block(text))))
    return Markup(marked)  # noqa: S704 - escaped above


def _beginning(text: str) -> str:
    """As many whole lines of a text as fit on the page; the text itself when it is short."""
    if len(text) <= LONG:
        return text
    cut = text.rfind("\n", 0, LONG)
    return f"{text[: cut if cut > 0 else LONG].rstrip()} …"
