"""Values with the place where people wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from socle.baseline import words
from socle.baseline.model import Origin
from socle.baseline.yaml import Document, Place
from socle.errors import Problem, short

WAIVERS = "waivers.yml"
"""Accepted exceptions: a practice's own beside hosts.yml, the region's in its group_vars/."""


@dataclass(frozen=True)
class Block:
    """Variables as they are written somewhere: a mapping inside a document."""

    document: Document
    place: Place

    @property
    def written(self) -> Any:
        """The mapping itself, or whatever stands in its place; None when empty."""
        found = self.document.data
        for part in self.place:
            found = found[part]
        return found


@dataclass(frozen=True)
class Setting:
    """A checked value and where it is written. ``positions``: key of an entry -> its index."""

    value: Any
    block: Block
    name: str
    layer: str
    positions: Mapping[str, int] = field(default_factory=dict)

    def written(self, entry: str | None = None) -> Any:
        """The value, or one keyed entry of it, as it stands in the file."""
        raw = self.block.written[self.name]
        return raw if entry is None else raw[self.positions[entry]]

    def line(self, *inside: str | int) -> int:
        """Line of the value, or of the part ``inside`` it; keyed entries go by their key."""
        if inside and inside[0] in self.positions:
            inside = (self.positions[str(inside[0])], *inside[1:])
        return self.block.document.line(*self.block.place, self.name, *inside)

    def origin(self, *inside: str | int) -> Origin:
        """Where the value, or the part ``inside`` it, comes from."""
        return Origin(self.layer, self.block.document.file, self.line(*inside))

    def place(self) -> str:
        """``FILE:LINE`` of the value."""
        return f"{short(self.block.document.file)}:{self.line()}"

    def problem(
        self,
        inside: tuple[str | int, ...],
        expected: str,
        read: str | None,
        advice: str | None = None,
    ) -> Problem:
        """A problem of the value, or of the part ``inside`` it."""
        where = words.where((self.name, *inside))
        file = self.block.document.file
        return Problem(file, self.line(*inside), where, expected, read, advice)


@dataclass(frozen=True)
class Layer:
    """The settings of one authority for one group or host (``scope``)."""

    name: str
    scope: str
    region: bool
    settings: Mapping[str, Setting]
