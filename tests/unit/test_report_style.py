"""The page's colours can be read: WCAG contrast of every pair that carries text or a mark."""

import re
from importlib.resources import files

import pytest

CSS = files("socle.report").joinpath("templates/report.css").read_text("utf-8")
FLOWS = files("socle.report").joinpath("templates/flows.css").read_text("utf-8")

TEXT = [
    *((ink, ground) for ink in ("ink", "soft", "fail", "link") for ground in ("ground", "paper")),
    ("link", "ground"),
    ("ink", "wash"),
]
MARKS = [
    *((f"{verdict}", f"{verdict}-wash") for verdict in ("pass", "waived", "unknown")),
    *((colour, "ground") for colour in ("fail", "waived", "unknown", "pass", "na")),
    ("paper", "fail"),
]


def variables(css, dark):
    blocks = [block for block in re.findall(r"{([^{}]*--[^{}]*)}", css) if "#" in block]
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[0]))
    if dark:
        found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[1]))
    return found


def contrast(first, second):
    def luminance(colour):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_and_marks_stand_out(dark):
    colours = variables(CSS, dark)
    assert {
        pair: contrast(*map(colours.get, pair)) for pair in TEXT if poor(colours, pair, 4.5)
    } == {}
    assert {
        pair: contrast(*map(colours.get, pair)) for pair in MARKS if poor(colours, pair, 3)
    } == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_drawing_can_be_read(dark):
    colours = {name.removeprefix("fm-"): c for name, c in variables(FLOWS, dark).items()}
    pairs = [(ink, on) for ink in ("ink", "soft") for on in ("ground", "machine", "peer", "open")]
    assert [pair for pair in pairs if poor(colours, pair, 4.5)] == []
    assert not poor(colours, ("line", "ground"), 3)


def poor(colours, pair, least):
    return contrast(*(colours[name] for name in pair)) < least
