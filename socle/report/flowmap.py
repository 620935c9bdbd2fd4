"""The drawing of the flows: machines in the middle, who comes in on the left, where they go right.

Each flow is drawn once, in the box of exactly the machines that carry it; flows that share their
ends share the box of their peer. So the drawing grows with the flows, never with the machines,
and no arrow crosses another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from socle.baseline.model import Practice
from socle.report import declared
from socle.report.labels import HOUSE, Labels
from socle.report.svg import Drawing, shown, wrap
from socle.report.typography import typeset
from socle.report.words import words

Row = Mapping[str, Any]

WIDTH = 900
SIDE = 158  # width of a peer's box
MIDDLE = 170  # width of the machines' box
ARROW = (WIDTH - MIDDLE) // 2 - SIDE  # length of an arrow
LINE = 14  # height of a line of text
MAX_NAMES = 6  # names listed in one box before "+ 3"


@dataclass(frozen=True)
class _Flow:
    lines: tuple[str, ...]  # the purpose, above the arrow
    ports: str  # below it
    full: str  # the whole of it, for who points at it

    @property
    def height(self) -> int:
        return LINE * len(self.lines) + 30


@dataclass(frozen=True)
class _Peer:
    kind: str  # "anyone", "inside", "outside"
    lines: tuple[str, ...]
    addresses: str
    flows: tuple[_Flow, ...]

    @property
    def height(self) -> int:
        texts = LINE * (len(self.lines) + bool(self.addresses)) + 20
        return max(texts, sum(flow.height for flow in self.flows))


def as_svg(rows: Sequence[Row], practice: Practice, language: str = "fr") -> str:
    """The whole drawing as one self-contained SVG, light or dark as the reader's screen is."""
    hosts = [{"name": host.name, "groups": host.groups} for host in practice.hosts.values()]
    labels = declared.of(practice.root).labels
    return Drawing.stacked(cards(rows, hosts, language, labels), WIDTH)


def as_images(
    rows: Sequence[Row],
    hosts: Sequence[Mapping[str, Any]],
    language: str = "fr",
    labels: Labels = HOUSE,
) -> list[str]:
    """The pieces of ``cards``, each as an SVG file in the colours of paper."""
    return [card.image() for card in cards(rows, hosts, language, labels)]


def cards(
    rows: Sequence[Row],
    hosts: Sequence[Mapping[str, Any]],
    language: str = "fr",
    labels: Labels = HOUSE,
) -> list[Drawing]:
    """The drawing in pieces that a page can break between: the headings, then a box each.

    ``hosts``: every machine of the practice, with its ``name`` and ``groups``.
    """
    if not rows:
        return []
    sets: dict[frozenset[str], list[Row]] = {}
    for row in rows:
        sets.setdefault(frozenset(row["hosts"]), []).append(row)
    widest = sorted(sets.values(), key=lambda carried: -len(carried[0]["hosts"]))
    drawn = (_card(carried[0]["hosts"], carried, hosts, language, labels) for carried in widest)
    return [_headings(language), *drawn]


def _headings(language: str) -> Drawing:
    text = words(language)
    drawing = Drawing(WIDTH, 24)
    for key, x in (("map_in", SIDE / 2), ("map_hosts", WIDTH / 2), ("map_out", WIDTH - SIDE / 2)):
        drawing.text(x, 14, text[key], "fm-head", anchor="middle")
    return drawing


def _card(
    names: Sequence[str],
    rows: Sequence[Row],
    hosts: Sequence[Mapping[str, Any]],
    language: str,
    labels: Labels,
) -> Drawing:
    """One box of machines with everything that comes in to them and goes out of them."""
    sides = {way: _peers(rows, way, hosts, language, labels) for way in ("in", "out")}
    title, listed = _machines(names, labels.hosts_name(names, hosts, language))
    gap = 10
    heights = [sum(peer.height + gap for peer in side) - gap for side in sides.values() if side]
    height = max([*heights, 40 + LINE * (len(title) + len(listed))])
    drawing = Drawing(WIDTH, height + 20)
    _machines_box(drawing, title, listed, height)
    for way, side in sides.items():
        y = 6.0
        for peer in side:
            _peer_box(drawing, peer, way, y)
            y += peer.height + gap
    return drawing


def _machines(names: Sequence[str], label: str | None) -> tuple[list[str], list[str]]:
    """What stands in the machines' box: its title, and the names below it."""
    if label is None:
        return list(names[:MAX_NAMES]) + _more(names), []
    return wrap(label, MIDDLE - 24, 13), list(names[:MAX_NAMES]) + _more(names)


def _more(names: Sequence[str]) -> list[str]:
    return [f"+ {len(names) - MAX_NAMES}"] if len(names) > MAX_NAMES else []


def _peers(
    rows: Iterable[Row],
    way: str,
    hosts: Sequence[Mapping[str, Any]],
    language: str,
    labels: Labels,
) -> list[_Peer]:
    """The peers on one side, each with its flows; flows with the same peers stand together."""
    mine = sorted((row for row in rows if row["direction"] == way), key=_ends)
    return [
        _peer(list(peers), list(group), hosts, language, labels)
        for peers, group in groupby(mine, key=_ends)
    ]


def _ends(row: Row) -> tuple[str, ...]:
    return tuple(row["peers"])


def _peer(
    peers: Sequence[str],
    rows: Sequence[Row],
    hosts: Sequence[Mapping[str, Any]],
    language: str,
    labels: Labels,
) -> _Peer:
    text = words(language)
    flows = tuple(_flow(row, language) for row in rows)
    if "any" in peers:
        return _Peer("anyone", tuple(wrap(text["map_any"], SIDE - 24, 12)), "", flows)
    groups = {group for host in hosts for group in host["groups"]}
    names = {host["name"] for host in hosts}
    called = [labels.peer_name(peer, language) for peer in peers]
    lines = [line for name in called[:4] for line in wrap(name, SIDE - 24, 12)[:2]]
    lines += [f"+ {len(called) - 4}"] if len(called) > 4 else []  # noqa: PLR2004 - four fit
    inside = all(peer in groups | names for peer in peers)
    addresses = "" if inside else _addresses(rows[0]["addresses"], peers)
    return _Peer("inside" if inside else "outside", tuple(lines), addresses, flows)


def _addresses(addresses: Sequence[str], peers: Sequence[str]) -> str:
    """The first address behind a name, unless the name is that address already."""
    shown = [address for address in addresses if address not in peers]
    if not shown:
        return ""
    return shown[0] + (f" + {len(shown) - 1}" if len(shown) > 1 else "")


def _flow(row: Row, language: str) -> _Flow:
    purpose = typeset(row["purpose"] or row["name"], language)
    ports = f"{row['protocol']} {', '.join(row['ports'])}".strip()
    lines = wrap(purpose, ARROW - 16, 11.5, most=2)
    (short,) = wrap(ports, ARROW - 16, 12.5, most=1)
    return _Flow(tuple(lines), short, f"{row['name']} ({ports}): {purpose}")


def _machines_box(
    drawing: Drawing, title: Sequence[str], names: Sequence[str], height: int
) -> None:
    x = (WIDTH - MIDDLE) / 2
    drawing.box(x, 6, MIDDLE, height, "fm-machines")
    for index, line in enumerate(title):
        drawing.text(WIDTH / 2, 30 + 16 * index, line, "fm-title", anchor="middle")
    for index, line in enumerate(names):
        y = 34 + 16 * len(title) + LINE * index
        drawing.text(WIDTH / 2, y, line, "fm-name", anchor="middle")


def _peer_box(drawing: Drawing, peer: _Peer, way: str, y: float) -> None:
    x = 0 if way == "in" else WIDTH - SIDE
    start = SIDE if way == "in" else (WIDTH + MIDDLE) / 2
    drawing.box(x, y, SIDE, peer.height, f"fm-{peer.kind} fm-{way}")
    block = LINE * (len(peer.lines) + bool(peer.addresses))
    top = y + (peer.height - block) / 2 + 11
    for index, line in enumerate(peer.lines):
        drawing.text(x + SIDE / 2, top + LINE * index, line, "fm-peer", anchor="middle")
    if peer.addresses:
        low = top + LINE * len(peer.lines)
        drawing.text(x + SIDE / 2, low, peer.addresses, "fm-ports", anchor="middle")
    row = y + (peer.height - sum(flow.height for flow in peer.flows)) / 2
    for flow in peer.flows:
        _arrow(drawing, flow, start, row)
        row += flow.height


def _arrow(drawing: Drawing, flow: _Flow, x: float, y: float) -> None:
    drawing.open(f"<title>{shown(flow.full)}</title>")
    for index, line in enumerate(flow.lines):
        drawing.text(x + 4, y + 11 + LINE * index, line, "fm-purpose")
    level = y + LINE * len(flow.lines) + 6
    drawing.arrow(x + 2, level, ARROW - 4)
    drawing.text(x + 4, level + 14, flow.ports, "fm-ports")
    drawing.close()
