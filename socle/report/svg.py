"""A few strokes of SVG: boxes, arrows, and text that has to fit without a font at hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

from socle import harmless

# Widths in em of a common sans-serif, rounded up: a little air is better than a cut word.
PAPER_FONT, PAPER_MONO = "Libertinus Serif", "DejaVu Sans Mono"  # what Typst brings along
NARROW, USUAL, CAPITAL, WIDE = 0.3, 0.55, 0.69, 0.88


class Drawing:
    """One piece of a drawing, built stroke by stroke."""

    def __init__(self, width: float, height: float) -> None:
        """An empty piece of that size, in pixels."""
        self.width = width
        self.height = height
        self._parts: list[str] = []

    def box(self, x: float, y: float, width: float, height: float, css: str) -> None:
        """A rectangle with soft corners."""
        place = f'x="{x + 0.75:g}" y="{y:g}" width="{width - 1.5:g}" height="{height:g}"'
        self._parts.append(f'<rect {place} rx="7" class="{css}"/>')

    def text(self, x: float, y: float, content: str, css: str, anchor: str = "start") -> None:
        """One line of text, escaped."""
        place = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}"'
        self._parts.append(f'<text {place} class="{css}">{shown(content)}</text>')

    def arrow(self, x: float, y: float, length: float) -> None:
        """A level arrow to the right."""
        tip = x + length
        self._parts.append(f'<path d="M{x:g} {y:g}H{tip - 6:g}" class="fm-line"/>')
        self._parts.append(f'<path d="M{tip:g} {y:g}l-8 -4v8z" class="fm-tip"/>')

    def open(self, first: str = "") -> None:
        """Begins a group, with an element such as its title."""
        self._parts.append(f"<g>{first}")

    def close(self) -> None:
        """Ends the group."""
        self._parts.append("</g>")

    def element(self, *, y: float | None = None, css: str = "flowmap") -> Markup:
        """The piece as an ``<svg>``, alone or placed in another one at ``y``."""
        place = "" if y is None else f' y="{y:g}" height="{self.height:g}"'
        box = f'width="{self.width:g}"{place} viewBox="0 0 {self.width:g} {self.height:g}"'
        return Markup(f'<svg class="{css}" {box}>{"".join(self._parts)}</svg>')  # noqa: S704

    def image(self) -> str:
        """The piece as an SVG file for paper: plain colours, for readers without CSS variables."""
        box = f'width="{self.width:g}" height="{self.height:g}"'
        start = f'<svg xmlns="http://www.w3.org/2000/svg" class="flowmap" {box}>'
        return f"{start}<style>{on_paper(_style())}</style>{''.join(self._parts)}</svg>"

    @staticmethod
    def stacked(pieces: Sequence[Drawing], width: float) -> str:
        """The pieces below one another as one SVG file that needs nothing else."""
        y, parts = 16.0, []
        for piece in pieces:
            parts.append(piece.element(y=y, css=""))
            y += piece.height
        style = _style()
        box = f'viewBox="-16 0 {width + 32:g} {y + 8:g}"'
        ground = f'<rect x="-16" width="100%" height="{y + 8:g}" class="fm-ground"/>'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="flowmap" {box}>'
            f"<style>{style}</style>{ground}{''.join(parts)}</svg>\n"
        )


def shown(text: str) -> Markup:
    """Text of an element: XML knows no control characters, escaped or not."""
    return escape(harmless.line(text))


def _style() -> str:
    return files("socle.report").joinpath("templates/flows.css").read_text("utf-8")


@cache
def on_paper(style: str) -> str:
    """A style sheet in its light colours, each written out, in the fonts of the PDF."""
    style = re.sub(r"@media [^{]*{\s*[^{}]*{[^{}]*}\s*}", "", style)
    colours = dict(re.findall(r"(--\w\w-[\w-]+): ([^;]+);", style))
    style = re.sub(r"var\((--\w\w-[\w-]+)\)", lambda found: colours[found[1]], style)
    return re.sub(
        r"font-family: ([^;]+);",
        lambda found: f'font-family: "{PAPER_MONO if "mono" in found[1] else PAPER_FONT}";',
        style,
    )


def wrap(text: str, width: float, size: float, most: int = 0) -> list[str]:
    """The text in lines of at most ``width`` pixels at ``size``; ``most`` > 0 cuts with "…"."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measure(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    if most and len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [_cut(line, width, size) for line in lines] or [""]


def measure(text: str, size: float) -> float:
    """About how wide the text is, in pixels, at a font size in pixels."""
    return size * sum(_em(character) for character in text)


def _em(character: str) -> float:
    if character in "iljtfrI.,;:'\u2019!|()[]·/- \u00a0\u202f":
        return NARROW
    if character in "mwMW@%—…":
        return WIDE
    return CAPITAL if character.isupper() else USUAL


def _cut(line: str, width: float, size: float) -> str:
    if measure(line, size) <= width:
        return line
    line = line[: int(width / (size * NARROW)) + 1]  # no more would fit; names can be very long
    while line and measure(line + "…", size) > width:
        line = line[:-1]
    return line.rstrip() + "…"
