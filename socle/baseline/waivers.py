"""``waivers.yml``: the only way for a practice to be weaker than the layer above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from socle.baseline import words
from socle.baseline.hosts import Tree
from socle.baseline.layers import Layers
from socle.baseline.model import Control, Origin, Room, Waiver
from socle.baseline.settings import MASK
from socle.baseline.variables import Variable
from socle.baseline.written import Block, Setting
from socle.baseline.yaml import Document
from socle.errors import Problem

LONGEST = 366  # days from today

Sentence = Annotated[str, Field(min_length=3)]


class _Entry(BaseModel):
    """A waiver as it is written."""

    model_config = ConfigDict(extra="forbid", strict=True)

    control: str
    hosts: Annotated[list[str], Field(min_length=1)]
    set: dict[str, Any] = {}
    reason: Sentence
    compensating: Sentence
    approved_by: Sentence
    until: date


class _File(BaseModel):
    waivers: list[_Entry]


@dataclass(frozen=True)
class Applied:
    """A waiver with its checked settings. ``removed``: variable -> keys of removed entries."""

    waiver: Waiver
    settings: tuple[Setting, ...]
    removed: Mapping[str, tuple[str, ...]]


def read(
    document: Document | None,
    rooms: Sequence[Room],
    tree: Tree,
    layers: Layers,
    today: date,
    *,
    region: Sequence[str] = (),
) -> list[Applied]:
    """The waivers of ``document``; every mistake is added to the problems of ``layers``.

    A waiver may last `LONGEST` days from ``today`` on. An expired one is read like the others:
    whoever applies it looks at the date. ``region``: its groups, where the document is the
    region's; it knows no hosts.
    """
    if document is None:
        return []
    reader = _Reader(document, rooms, tree, layers, today, region)
    written = document.data or []
    if not isinstance(written, list):
        reader.bad((), "a list of waivers", words.shown(written))
        return []
    found = [reader.waiver(index, entry) for index, entry in enumerate(written)]
    good = [applied for applied in found if applied is not None]
    reader.refuse_repetition(good)
    return good


@dataclass
class _Reader:
    document: Document
    rooms: Sequence[Room]
    tree: Tree
    layers: Layers
    today: date
    region: Sequence[str]
    controls: dict[str, tuple[Control, Room]] = field(init=False)

    def __post_init__(self) -> None:
        self.controls = {c.id: (c, room) for room in self.rooms for c in room.controls}

    def bad(self, place: tuple[str | int, ...], expected: str, read: str | None = None) -> None:
        where = words.where(("waivers", *place))
        line = self.document.line(*place)
        self.layers.problems.append(Problem(self.document.file, line, where, expected, read))

    def waiver(self, index: int, written: Any) -> Applied | None:
        before = len(self.layers.problems)
        try:
            entry = _File.model_validate({"waivers": [written]}).waivers[0]
        except ValidationError as error:
            for complaint in words.complaints(_File, error):
                self.bad((index, *complaint.place[2:]), complaint.expected, complaint.read)
            return None
        hosts = self._hosts(index, entry)
        self._check_date(index, entry)
        if entry.control not in self.controls:
            known = words.unknown("control", entry.control, list(self.controls))
            self.bad((index, "control"), known, entry.control)
            return None
        settings, removed = self._settings(index, self.controls[entry.control][1])
        if len(self.layers.problems) > before:
            return None
        waiver = Waiver(
            control=entry.control,
            hosts=hosts,
            set=entry.set,
            reason=entry.reason,
            compensating=entry.compensating,
            approved_by=entry.approved_by,
            until=entry.until,
            origin=Origin(self._layer, self.document.file, self.document.line(index)),
            region=bool(self.region),
        )
        return Applied(waiver, settings, removed)

    @property
    def _layer(self) -> str:
        return "region waiver" if self.region else "waiver"

    def _hosts(self, index: int, entry: _Entry) -> tuple[str, ...]:
        """The names of the hosts that the waiver covers, groups expanded."""
        names: set[str] = set()
        for position, word in enumerate(entry.hosts):
            if self.region and word not in ("all", *self.region):
                known = words.unknown("group of the region", word, ["all", *self.region])
                self.bad((index, "hosts", position), known, word)
            elif word in self.tree.hosts:
                names.add(word)
            elif word in self.tree.groups:
                names.update(self.tree.hosts_of(word))
            else:
                known = words.unknown("host or group", word, [*self.tree.groups, *self.tree.hosts])
                self.bad((index, "hosts", position), known, word)
        return tuple(host for host in self.tree.hosts if host in names)

    def _check_date(self, index: int, entry: _Entry) -> None:
        latest = self.today + timedelta(days=LONGEST)
        if entry.until > latest:
            self.bad((index, "until"), f"a date up to {latest}, a year at most", str(entry.until))

    def _settings(
        self, index: int, room: Room
    ) -> tuple[tuple[Setting, ...], Mapping[str, tuple[str, ...]]]:
        """The values that the waiver sets, checked, and the entries that it removes."""
        block = Block(self.document, (index, "set"))
        written = self.document.data[index].get("set") or {}
        settings: list[Setting] = []
        removed: dict[str, tuple[str, ...]] = {}
        for name, value in written.items():
            variable = self._variable(index, name, room)
            if variable is None:
                continue
            setting = Setting(value, block, name, self._layer)
            gone = _removals(value, variable.key)
            kept = [i for i in range(len(value)) if i not in gone] if gone else None
            checked = self.layers.checked(setting, kept)
            if checked is not None:
                settings.append(replace(checked, positions={**checked.positions, **_keys(gone)}))
                removed[name] = tuple(gone.values())
        return tuple(settings), removed

    def _variable(self, index: int, name: str, room: Room) -> Variable | None:
        """The variable ``name`` when a waiver of ``room`` may set it."""
        known = [room.prefix + field for field in room.settings.model_fields]
        if name not in known:
            wanted = words.unknown(f"setting of the room {room.name}", name, known)
            self.bad((index, "set", name), wanted)
            return None
        variable = self.layers.catalogue[name]
        if variable.secret:
            self.bad((index, "set", name), "no secret in a waiver", MASK)
            return None
        return variable

    def refuse_repetition(self, found: Sequence[Applied]) -> None:
        """One waiver for a control and a host, and one waiver for a value on a host."""
        taken: dict[tuple[str, str], int] = {}
        for applied in found:
            waiver = applied.waiver
            plain = [s for s in applied.settings if self.layers.catalogue[s.name].key is None]
            claims = [(waiver.control, waiver.origin.line or 0)]
            claims += [(setting.name, setting.line()) for setting in plain]
            for what, line in claims:
                for host in waiver.hosts:
                    first = taken.setdefault((what, host), line)
                    if first != line:
                        wanted = f"one waiver for {what} on {host}; line {first} has it"
                        file = self.document.file
                        self.layers.problems.append(Problem(file, line, "waivers", wanted))


def _removals(value: Any, key: str | None) -> dict[int, str]:
    """The entries ``{name: X, remove: true}`` of a keyed list: position -> key."""
    if key is None or not isinstance(value, list):
        return {}
    return {
        index: entry[key]
        for index, entry in enumerate(value)
        if isinstance(entry, dict)
        and entry.keys() == {key, "remove"}
        and entry["remove"] is True
        and isinstance(entry[key], str)
    }


def _keys(gone: Mapping[int, str]) -> dict[str, int]:
    return {name: index for index, name in gone.items()}
