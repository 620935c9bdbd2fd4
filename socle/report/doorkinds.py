"""The ways in that a room's checks may find open, as the room describes them to the reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from socle.report.words import Text

Reach = Literal["internet", "through", "inside"]
"""Whom a door is open to, the widest first: anybody; who passes the box; the practice's network."""

ON_THE_INTERNET = Text(
    "Le cabinet a {n} porte ouverte sur Internet.|Le cabinet a {n} portes ouvertes sur Internet.",
    "The practice has {n} door open to the Internet.|"
    "The practice has {n} doors open to the Internet.",
)
"""What a page about doors on the Internet says first."""
WHERE_TO_CLICK = Text(
    "Où cliquer, pour Livebox, Freebox, Bbox et SFR Box : le guide `docs/fr/box.md`.",
    "Where to click, for the French Livebox, Freebox, Bbox and SFR Box: the guide "
    "`docs/fr/box.md`.",
)
"""What is left to do about a door that only the box can close, after what is to be done there."""


@dataclass(frozen=True)
class Worse:
    """A door whose fact has a true ``field``: it stands first, in words of its own."""

    field: str
    what: Text
    lead: Text


@dataclass(frozen=True)
class DoorKind:
    """One kind of door. Sentences may name the fields of its fact in braces, and ``{host}``.

    ``fact``: the kind of fact that the check of ``control`` notes, and notes of open doors alone;
    with ``by_verdict`` only an open door breaks the promise, which says enough without a fact.
    ``named_by``: the fields that say which door it is; the others say what was found there.
    ``shared``: several machines that see it see one door. ``number``: the field with the port as
    the Internet sees it; doors with the same number count once.

    ``lead``: what the page says first where no door reaches further, "one|many" of ``{n}`` doors.
    ``todo``: what is left to do, with ``{ports}``, the numbers of all open doors; a sentence of
    several kinds is said once, at its last place.
    """

    fact: str
    control: str
    reach: Reach
    lead: Text
    what: Text
    whom: Text
    todo: tuple[Text, ...]
    named_by: tuple[str, ...] = ()
    shared: bool = False
    number: str = ""
    by_verdict: bool = False
    worse: Worse | None = None
