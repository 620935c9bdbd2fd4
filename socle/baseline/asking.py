"""What no file of a practice answers yet: nothing is wrong, but silence could mean a mistake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from socle.baseline import known_machines, reaching
from socle.baseline.flows import ANY, Need
from socle.baseline.model import Host, Practice, Room
from socle.baseline.settings import BadSetting
from socle.errors import Problem

if TYPE_CHECKING:
    from socle.baseline.resolve import Resolver


def questions(
    practice: Practice, resolver: Resolver, unmet: Mapping[str, Iterable[Problem]]
) -> list[Problem]:
    """The questions of a practice without mistakes, each once, in the order of the files.

    ``unmet``: what `unmet` has found.
    """
    found = {
        *_of_the_rooms(practice, resolver),
        *chain.from_iterable(unmet.values()),
        *_idle(practice, resolver),
        *reaching.questions(practice, resolver.merges),
        *known_machines.gone(practice.folder, practice.hosts),
    }
    return sorted(found, key=lambda one: (one.file, one.line, one.where, one.expected))


def _of_the_rooms(practice: Practice, resolver: Resolver) -> Iterator[Problem]:
    for (name, room), model in resolver.models.items():
        for asked in model.questions(practice.hosts[name], practice):
            yield resolver.problem(name, _named(room, practice), asked)


def unmet(practice: Practice, resolver: Resolver) -> dict[str, tuple[Problem, ...]]:
    """Host -> the questions about flows that its settings need and that no flow permits."""
    found: dict[str, tuple[Problem, ...]] = {}
    for missing in _missing_flows(practice, resolver):
        question = _asked(missing)
        for name in missing.hosts:
            found[name] = (*found.get(name, ()), question)
    return found


@dataclass
class _Missing:
    """A flow that nobody has declared, on all hosts that need it."""

    need: Need
    place: Problem
    variable: str  # where it ought to stand
    hosts: list[str] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)


def _missing_flows(practice: Practice, resolver: Resolver) -> Iterable[_Missing]:
    """Flows that settings need and no flow permits, those of several hosts as one."""
    found: dict[tuple[object, ...], _Missing] = {}
    for (name, room), model in resolver.models.items():
        host = practice.hosts[name]
        for need in model.needed_flows(host, practice):
            variable = _refusing(host, need, resolver)
            if variable is None:
                continue
            one_side = (need.peer,) if need.direction == "out" else (name,)
            key = (need.name, need.direction, need.protocol, need.port, *one_side)
            asked = BadSetting(need.setting, "")
            place = resolver.problem(name, _named(room, practice), asked)
            missing = found.setdefault(key, _Missing(need, place, variable))
            missing.hosts += [name] if name not in missing.hosts else []
            missing.peers += [need.peer] if need.peer not in missing.peers else []
    return found.values()


def _refusing(host: Host, need: Need, resolver: Resolver) -> str | None:
    """The variable where the flow ought to stand; None where it is permitted."""
    for room in resolver.rooms:
        model = resolver.models[host.name, room.name]
        if model.permits(host, need) is False:
            return room.prefix + model.flows_field
    return None


def _asked(missing: _Missing) -> Problem:
    need, hosts, peers = missing.need, ", ".join(missing.hosts), ", ".join(missing.peers)
    one, other = (hosts, peers) if need.direction == "out" else (peers, hosts)
    lines = (
        f"Write this in group_vars/all.yml, below {missing.variable}:",
        f"  - name: {need.name}",
        f"    direction: {need.direction}",
        f"    protocol: {need.protocol}",
        f"    ports: [{need.port}]",
        f"    peers: [{peers if need.addresses else ANY}]",
        f"    hosts: [{hosts}]",
        f'    purpose: "{need.purpose}"',
    )
    return Problem(
        missing.place.file,
        missing.place.line,
        missing.place.where,
        f"a flow ({need.direction}) that lets {one} reach {other} on port "
        f"{need.port}/{need.protocol}",
        advice="\n".join(lines),
    )


def _idle(practice: Practice, resolver: Resolver) -> Iterator[Problem]:
    """Groups and waivers without a host, and settings that no control of their hosts reads."""
    tree, region = resolver.tree, ("all", *resolver.region)
    for group, line in tree.groups.items():
        if group not in region and not practice.groups[group]:
            yield Problem(tree.document.file, line, group, "a host in this group", "none")
    for waiver in practice.waivers:
        if not waiver.hosts and waiver.origin.file is not None:
            wanted = "a host that this waiver covers"
            line = waiver.origin.line or 0
            yield Problem(waiver.origin.file, line, waiver.control, wanted, "none")
    for owner, layers in resolver.layers.practice.items():
        hosts = practice.groups.get(owner, (owner,))
        groups = {group for host in hosts for group in practice.hosts[host].groups}
        for setting in (one for layer in layers for one in layer.settings.values()):
            room = resolver.layers.catalogue[setting.name].room
            if room is not None and not _judged(room, groups):
                wanted = "hosts that this setting is for: " + ", ".join(_scopes(room))
                yield setting.problem((), wanted, ", ".join(hosts) or "none")


def _judged(room: Room, groups: Iterable[str]) -> bool:
    """Whether the room promises anything of a host in one of ``groups``."""
    return not room.controls or not set(_scopes(room)).isdisjoint(groups)


def _scopes(room: Room) -> list[str]:
    return sorted({group for control in room.controls for group in control.applies_to})


def _named(name: str, practice: Practice) -> Room:
    return next(room for room in practice.rooms if room.name == name)
