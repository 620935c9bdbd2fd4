"""The words of the house as data: practice, host, room, control, waiver. No engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from socle.baseline.settings import RoomSettings
    from socle.errors import Problem

Severity = Literal["critical", "high", "medium", "low"]


@dataclass(frozen=True)
class Control:
    """One promise (``roles/ROOM/controls.yml``). Benchmarks are references, never its name."""

    id: str
    room: str
    title: Mapping[str, str]  # language ("fr", "en") -> title
    theme: str
    severity: Severity
    applies_to: tuple[str, ...]  # group names; "all" for every host
    references: Mapping[str, Any] = field(default_factory=dict)
    seed: str | None = None  # the sentence of the user's documents that it answers
    verify_only: str | None = None  # why nothing is enforced, where nothing is


@dataclass(frozen=True)
class Template:
    """A file of a room's ``templates/`` or ``files/`` tree, which IS the tree on the host."""

    source: Path
    target: str  # absolute path on the host, without ".j2"
    filled: bool = True  # False: copied as it is


@dataclass(frozen=True)
class Managed:
    """A line of a room's ``files.yml``: a file on the machines, or all files of a tree.

    ``otherwise``: "absent" where the files go when they are not wanted, None where they are left
    alone. ``guarded``: it can cut access, so it is written under an armed guard, or not at all.
    """

    path: str  # of the file, or of the tree's folder
    sources: tuple[Template, ...]
    mode: str  # octal, "0644"; the owner is root
    validate: str | None  # a command that must accept the new file, whose name is added to it
    when: str | None  # the setting that says whether it is wanted; None: always
    otherwise: Literal["absent"] | None
    secret: bool  # its content is never shown
    guarded: bool
    line: int


@dataclass(frozen=True)
class Room:
    """Everything about one domain: ``roles/NAME/``."""

    name: str
    folder: Path
    settings: type[RoomSettings]
    controls: tuple[Control, ...]
    templates: tuple[Template, ...]
    statics: tuple[Template, ...] = ()  # the same for ``files/``: copied as they are
    files: tuple[Managed, ...] = ()  # both of them, as ``files.yml`` lists them

    @property
    def prefix(self) -> str:
        """What the room's variables begin with, in both engines: ``firewall_``."""
        return f"{self.name}_"


@dataclass(frozen=True)
class Origin:
    """Which layer set a value, and where it stands (line from 1; None for a built-in default)."""

    layer: str  # "default", "region all", "region waiver", "practice servers", "host accueil", …
    file: Path | None = None
    line: int | None = None


@dataclass(frozen=True)
class Waiver:
    """An accepted exception (``waivers.yml``): the only way to be weaker than the layer above.

    What the region accepts stands in its ``group_vars/waivers.yml``.
    """

    control: str
    hosts: tuple[str, ...]  # host names, groups already expanded
    set: Mapping[str, Any]
    reason: str
    compensating: str
    approved_by: str
    until: date
    origin: Origin
    region: bool = False  # accepted by the region, for every practice

    def expired(self, today: date) -> bool:
        """True from the day after ``until`` on."""
        return today > self.until


@dataclass(frozen=True)
class Connection:
    """How the operator reaches a host. ``become``: root has to be got by sudo."""

    method: Literal["ssh", "local"]
    address: str
    port: int = 22
    user: str = "root"
    key_file: Path | None = None
    known_hosts_file: Path | None = None  # None: the operator's own ~/.ssh/known_hosts
    become: bool = False
    become_password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Host:
    """One machine of a practice with its resolved, checked settings.

    ``settings`` is flat: variable name (``firewall_flows``) -> JSON-like value; it holds what
    people set and what the rooms derive from it. ``derived`` names the latter.
    ``origins`` maps a variable, or ``variable.NAME`` for an entry of a keyed list, to its origin.
    """

    name: str
    groups: tuple[str, ...]  # "all" first, then from the widest to the narrowest
    addresses: tuple[str, ...]  # IP literals, IPv4 and IPv6, without prefix length
    connection: Connection
    settings: Mapping[str, Any] = field(default_factory=dict)
    derived: frozenset[str] = frozenset()
    origins: Mapping[str, Origin] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()  # those that name this host, expired ones too

    def to_json(self) -> str:
        """What tools that print their data (``pyinfra … debug-inventory``) show."""
        return self.name

    def waiver(self, control: str) -> Waiver | None:
        """The waiver that covers ``control`` here, expired or not."""
        return next((w for w in self.waivers if w.control == control), None)


@dataclass(frozen=True)
class Practice:
    """A practice ("cabinet"): ``inventories/NAME/`` with everything resolved.

    ``id``, ``title`` and ``time_zone``: as practice.yml says; without an id nobody has worked
    with it yet. ``title``: what people call it, else its ``name``.
    """

    name: str
    folder: Path
    root: Path  # the checkout: holds roles/ and group_vars/
    hosts: Mapping[str, Host]
    groups: Mapping[str, tuple[str, ...]]  # group -> names of all its hosts; "all" included
    rooms: tuple[Room, ...]
    waivers: tuple[Waiver, ...] = ()
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # groups right below
    id: str | None = None
    title: str = ""
    time_zone: str = "Europe/Paris"
    questions: tuple[Problem, ...] = ()  # nothing is wrong, but somebody has to answer
    unmet: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    """Host -> those questions without whose answer an apply would break what is declared."""

    def to_json(self) -> str:
        """What tools that print their data (``pyinfra … debug-inventory``) show."""
        return self.name

    @property
    def controls(self) -> tuple[Control, ...]:
        """Every control of every room, in the rooms' order."""
        return tuple(control for room in self.rooms for control in room.controls)

    def named(self, word: str) -> set[str]:
        """The hosts that a host's or a group's name means; * and ? match."""
        groups = [names for group, names in self.groups.items() if fnmatchcase(group, word)]
        return {
            *(name for name in self.hosts if fnmatchcase(name, word)),
            *(name for names in groups for name in names),
        }
