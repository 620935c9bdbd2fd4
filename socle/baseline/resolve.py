"""Every host's settings out of the layers, then what the rooms compute from all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from socle.baseline import asking, installed, managed, scope, words
from socle.baseline.about import TIME_ZONE, About
from socle.baseline.connection import addresses, connection
from socle.baseline.hosts import Tree
from socle.baseline.layers import Layers
from socle.baseline.merge import Merge
from socle.baseline.model import Host, Origin, Practice, Room, Waiver
from socle.baseline.settings import MASK, BadSetting, BadSettings, RoomSettings
from socle.baseline.waivers import Applied
from socle.baseline.written import Layer
from socle.baseline.yaml import has_jinja
from socle.errors import Problem


@dataclass
class Resolver:
    """Works out a practice; what is wrong is added to the problems of ``layers``."""

    folder: Path
    root: Path
    rooms: Sequence[Room]
    tree: Tree
    layers: Layers
    waivers: Sequence[Applied]
    today: date
    region: Sequence[str]  # its groups
    merges: dict[str, Merge] = field(default_factory=dict)  # host -> its values and their sources
    models: dict[tuple[str, str], RoomSettings] = field(default_factory=dict)  # host, room

    def settle(self) -> None:
        """Work out the hosts alone, for the mistakes in it."""
        for name in self.tree.hosts:
            self._host(name)
        self._judge_unknown(frozenset())

    def practice(self) -> Practice:
        """The practice with every host's settings."""
        readable = not self.layers.problems
        groups = {group: self.tree.hosts_of(group) for group in self.tree.groups}
        about = self.layers.about or About(self.folder.name, None, TIME_ZONE)
        resolved = {name: self._host(name) for name in self.tree.hosts}
        found = Practice(
            name=self.folder.name,
            folder=self.folder,
            root=self.root,
            hosts=resolved,
            groups=groups,
            rooms=tuple(self.rooms),
            waivers=tuple(self._accepted(resolved)),
            children={group: tuple(sorted(self.tree.children.get(group, ()))) for group in groups},
            id=about.id,
            title=about.name,
            time_zone=about.time_zone,
        )
        complaints: list[Problem] = []
        complaints += scope.shared_addresses(found.hosts.values(), self.merges, self.tree)
        hosts = {host.name: self._derive(host, found, complaints) for host in found.hosts.values()}
        complaints += [
            self.problem(host.name, room, bad)
            for host in hosts.values()
            for room, bad in installed.contradictions(host, self.rooms)
        ]
        if not complaints:  # else some settings may be missing
            complaints += managed.unfit(self.rooms, hosts.values())
        if readable:  # else most of them come from what could not be read
            self.layers.problems.extend(complaints)
        self._judge_unknown(frozenset().union(*(host.derived for host in hosts.values())))
        complete = replace(found, hosts=hosts)
        if self.layers.problems:
            return complete
        unmet = asking.unmet(complete, self)
        return replace(
            complete,
            hosts={name: self._conclude(host, complete) for name, host in hosts.items()},
            questions=tuple(asking.questions(complete, self, unmet)),
            unmet=unmet,
        )

    def _host(self, name: str) -> Host:
        groups = self.tree.groups_of(name)
        merge = self.merges[name] = Merge(self.layers.catalogue, self.today)
        merge.defaults()
        covering = [applied for applied in self.waivers if name in applied.waiver.hosts]
        for region in (True, False):  # a practice may be stricter than what the region accepts
            for layer in self._in_order(name, groups, region):
                merge.put(layer)
            for applied in covering:
                if applied.waiver.region is region and not applied.waiver.expired(self.today):
                    merge.waive(applied.settings, applied.removed)
        self.layers.problems.extend(merge.problems)
        catalogue, in_order = self.layers.catalogue, tuple(self._in_order(name, groups))
        self.layers.problems.extend(scope.conflicts(name, in_order, self.tree, catalogue))
        settings = self._settings(name, merge)
        origins = merge.origins.items()
        return Host(
            name=name,
            groups=groups,
            addresses=addresses(merge.values),
            connection=connection(name, merge.values, self.root, self.folder),
            settings=settings,
            origins={key: origin for key, origin in origins if key.partition(".")[0] in settings},
            waivers=tuple(one.waiver for one in covering if self._in_force(one, merge)),
        )

    def _in_order(
        self, name: str, groups: Sequence[str], region: bool | None = None
    ) -> Iterator[Layer]:
        """The layers of one host, the weakest first: all, the region's or the practice's."""
        for group in groups if region is not False else ():
            yield from self.layers.region.get(group, ())
        for owner in (*groups, name) if region is not True else ():
            yield from self.layers.practice.get(owner, ())

    def _in_force(self, applied: Applied, merge: Merge) -> bool:
        """Whether a host needs the waiver: it does not need the region's where it is stricter."""
        waiver = applied.waiver
        sets = waiver.set and not any(applied.removed.values())
        if not waiver.region or not sets or waiver.expired(self.today):
            return True
        return any(source is own for source in merge.sources.values() for own in applied.settings)

    def _accepted(self, hosts: Mapping[str, Host]) -> Iterator[Waiver]:
        """The waivers, the region's for those hosts alone that need them."""
        for applied in self.waivers:
            waiver = applied.waiver
            names = tuple(name for name in waiver.hosts if waiver in hosts[name].waivers)
            if names or not waiver.region:
                yield replace(waiver, hosts=names) if waiver.region else waiver

    def _settings(self, host: str, merge: Merge) -> dict[str, Any]:
        """The flat settings of one host, each room judged as a whole."""
        settings: dict[str, Any] = {}
        for room in self.rooms:
            names = {room.prefix + field: field for field in room.settings.model_fields}
            missing = [name for name in names if name not in merge.values]
            for name in missing:
                wanted = f"a value of {name}, in group_vars/ or host_vars/"
                self.layers.problems.append(self._about_host(host, wanted, None))
            if missing:
                continue
            values = {field: merge.values[name] for name, field in names.items()}
            try:
                model = room.settings.model_validate_json(json.dumps(values))
            except ValidationError as error:
                for complaint in words.complaints(room.settings, error):
                    bad = BadSetting(complaint.place, complaint.expected, complaint.read)
                    self.layers.problems.append(self.problem(host, room, bad))
                continue
            self.models[host, room.name] = model
            plain = model.model_dump(mode="json")
            settings |= {name: plain[field] for name, field in names.items()}
        return settings

    def _derive(self, host: Host, found: Practice, problems: list[Problem]) -> Host:
        """``host`` with the variables that its rooms compute."""
        settings, origins = dict(host.settings), dict(host.origins)
        derived: set[str] = set()
        for room in self.rooms:
            model = self.models.get((host.name, room.name))
            if model is None:
                continue
            try:
                values = json.loads(json.dumps(model.derive(host, found)))
            except BadSettings as error:
                problems.extend(self.problem(host.name, room, bad) for bad in error.settings)
                continue
            for name, value in values.items():
                if name in room.settings.model_fields or has_jinja(json.dumps(value)):
                    wanted = "computed values that are no field and hold no Jinja"
                    problems.append(Problem(room.folder / "settings.py", 0, name, wanted))
                settings[room.prefix + name] = value
                origins[room.prefix + name] = Origin("computed")
                derived.add(room.prefix + name)
        return replace(host, settings=settings, origins=origins, derived=frozenset(derived))

    def _conclude(self, host: Host, complete: Practice) -> Host:
        """``host`` with what its rooms compute from everything that is known by now."""
        found = {
            room.prefix + name: value
            for room in self.rooms
            if room.settings.concluded and (host.name, room.name) in self.models
            for name, value in self.models[host.name, room.name].conclude(host, complete).items()
        }
        if not found:
            return host
        return replace(
            host,
            settings={**host.settings, **found},
            derived=host.derived | found.keys(),
            origins={**host.origins, **dict.fromkeys(found, Origin("computed"))},
        )

    def _judge_unknown(self, computed: frozenset[str]) -> None:
        """Say of every unknown variable whether it is computed or a mistake."""
        for setting in self.layers.unknown:
            wanted = words.unknown("setting", setting.name, list(self.layers.catalogue))
            if setting.name in computed:
                wanted = "nothing: it is computed, do not set it"
            self.layers.problems.append(setting.problem((), wanted, None))

    def problem(self, host: str, room: Room, bad: BadSetting) -> Problem:
        """What a room says of ``host``'s settings, with the file and line of the value."""
        if not bad.path:
            return self._about_host(host, bad.expected, bad.advice)
        name = f"{room.prefix}{bad.path[0]}"
        inside = self._by_key(host, name, bad.path[1:])
        sources: Mapping[str, Any] = self.merges[host].sources
        source = sources.get(f"{name}.{inside[0]}" if inside else "") or sources.get(name)
        variable = self.layers.catalogue.get(name)
        read = MASK if variable is not None and variable.secret and bad.read else bad.read
        if source is None:
            where = words.where((name, *inside))
            file = room.folder / "settings.py"
            return Problem(file, 0, where, bad.expected, read, bad.advice)
        problem: Problem = source.problem(inside, bad.expected, read, bad.advice)
        return problem

    def _by_key(self, host: str, name: str, inside: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """``inside`` with the key of a merged entry in place of its position."""
        variable = self.layers.catalogue.get(name)
        if inside and isinstance(inside[0], int) and variable is not None and variable.key:
            return (self.merges[host].values[name][inside[0]][variable.key], *inside[1:])
        return inside

    def _about_host(self, host: str, expected: str, advice: str | None) -> Problem:
        line = self.tree.hosts[host]
        return Problem(self.tree.document.file, line, host, expected, advice=advice)
