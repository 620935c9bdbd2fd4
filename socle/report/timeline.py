"""The verdicts over time as one SVG: a column a run, broken promises on top, applies between."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from typing import Protocol

from markupsafe import escape

from socle.report.history import Apply, Run
from socle.report.labels import VERDICTS, label
from socle.report.svg import on_paper
from socle.report.typography import long_date
from socle.report.words import words
from socle.verify.verdicts import Verdict

WIDTH, HEIGHT = 900, 180  # of the columns' field, pixels
TOP, BELOW = 34, 40  # room for the legend and the dates
MOST = 60  # runs that are drawn, the newest
WIDEST = 48  # pixels of a column with its gap
STACK = (Verdict.PASS, Verdict.WAIVED, Verdict.UNKNOWN, Verdict.FAIL)  # from the ground


class _Event(Protocol):
    @property
    def finished(self) -> datetime: ...


def svg_over_time(
    runs: Sequence[Run],
    applies: Sequence[Apply] = (),
    language: str = "fr",
    *,
    paper: bool = False,
) -> str:
    """The newest runs as a drawing that needs nothing else, light or dark as the screen is.

    ``paper``: in the colours and fonts of the PDF.
    A column's height is what was judged; runs of a part of the practice are lower. Empty text
    without runs.
    """
    shown = sorted(runs, key=lambda run: run.finished)[-MOST:]
    if not shown:
        return ""
    step = min(WIDEST, WIDTH / len(shown))
    tallest = max(_applying(run) for run in shown) or 1
    lines = _applies(shown, applies, step, language)
    parts = [*_legend(shown[-1], language, applied=bool(lines)), *_scale(tallest)]
    for index, run in enumerate(shown):
        parts += _column(run, index * step, step, HEIGHT / tallest, language)
    parts += lines
    parts += _dates(shown, step, language)
    return _framed(parts, words(language)["over_time"], paper=paper)


def _applying(run: Run) -> int:
    return sum(run.counts[verdict] for verdict in STACK)


def _legend(last: Run, language: str, *, applied: bool) -> list[str]:
    """What the colours mean, with the newest run's figures."""
    parts, x = [], 0.0
    for verdict in reversed(STACK):
        text = f"{label(VERDICTS, verdict, language)} {last.counts[verdict]}"
        parts.append(f'<rect x="{x:g}" y="4" width="11" height="11" rx="2" class="tl-{verdict}"/>')
        parts.append(_text(x + 17, 14, text, "tl-name"))
        x += 185
    if applied:
        parts.append(f'<path d="M{x + 5:g} 2v15" class="tl-apply"/>')
        parts.append(_text(x + 17, 14, words(language)["applied"], "tl-name"))
    return parts


def _scale(tallest: int) -> list[str]:
    """The ground and the height of the tallest column."""
    bottom = TOP + HEIGHT
    return [
        f'<path d="M0 {TOP}H{WIDTH}" class="tl-rule"/>',
        f'<path d="M0 {bottom}H{WIDTH}" class="tl-base"/>',
        _text(WIDTH + 6, TOP + 4, str(tallest)),
        _text(WIDTH + 6, bottom + 4, "0"),
    ]


def _column(run: Run, x: float, step: float, unit: float, language: str) -> list[str]:
    counted = ", ".join(
        f"{label(VERDICTS, verdict, language)} {run.counts[verdict]}" for verdict in Verdict
    )
    parts = [f"<g><title>{escape(f'{_day(run, language)}: {counted}')}</title>"]
    y = float(TOP + HEIGHT)
    for verdict in STACK:
        height = run.counts[verdict] * unit
        y -= height
        if height:
            place = f'x="{x + step * 0.1:g}" y="{y:g}" width="{step * 0.8:g}" height="{height:g}"'
            parts.append(f'<rect {place} class="tl-{verdict}"/>')
    return [*parts, "</g>"]


def _applies(
    runs: Sequence[Run], applies: Sequence[Apply], step: float, language: str
) -> list[str]:
    """A dashed line where something was applied, between the runs before and after."""
    moments, parts = [run.finished for run in runs], []
    for apply in applies:
        index = bisect(moments, apply.finished)
        if index == 0 and len(runs) == MOST:
            continue  # before the oldest run that is drawn
        title = words(language)["applied_on"].format(date=_day(apply, language))
        line = f'<path d="M{index * step:g} {TOP - 8}V{TOP + HEIGHT}" class="tl-apply"/>'
        parts.append(f"<g><title>{escape(title)}</title>{line}</g>")
    return parts


def _dates(runs: Sequence[Run], step: float, language: str) -> list[str]:
    """The first and the last day."""
    y, end = TOP + HEIGHT + 20, len(runs) * step
    first, last = _day(runs[0], language), _day(runs[-1], language)
    if first == last:
        return [_text(0, y, last)]
    if end < 300:  # noqa: PLR2004 - too narrow for both on a line
        return [_text(0, y, f"{first} / {last}")]
    return [_text(0, y, first), _text(end, y, last, anchor="end")]


def _day(event: _Event, language: str) -> str:
    return long_date(event.finished.date(), language)


def _text(x: float, y: float, content: str, css: str = "", anchor: str = "start") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" class="{css}">{escape(content)}</text>'
    )


def _framed(parts: Sequence[str], name: str, *, paper: bool) -> str:
    style = files("socle.report").joinpath("templates/timeline.css").read_text("utf-8")
    style = on_paper(style) if paper else style
    box = f"-8 -8 {WIDTH + 56} {TOP + HEIGHT + BELOW}"
    ground = '<rect x="-8" y="-8" width="100%" height="100%" class="tl-ground"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="timeline" viewBox="{box}" role="img" '
        f'aria-label="{escape(name)}"><style>{style}</style>{ground}{"".join(parts)}</svg>\n'
    )
