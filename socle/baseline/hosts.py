"""``hosts.yml``: which machines a practice has, and in which groups (Ansible's YAML inventory)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from socle.baseline import words
from socle.baseline.written import Block
from socle.baseline.yaml import Document, Place
from socle.errors import Problem

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_RESERVED = ("all", "any", "ungrouped", "waivers")
"""Words with a meaning of their own; ``group_vars/waivers.yml`` is the region's."""
_GROUP_KEYS = ("hosts", "children", "vars")


@dataclass
class Tree:
    """The hosts and groups of a practice, with the variables that ``hosts.yml`` gives them."""

    document: Document
    hosts: dict[str, int] = field(default_factory=dict)  # host -> its line
    groups: dict[str, int] = field(default_factory=lambda: {"all": 0})
    children: dict[str, set[str]] = field(default_factory=dict)  # group -> groups right below
    members: dict[str, set[str]] = field(default_factory=dict)  # group -> hosts right below
    blocks: dict[str, list[Block]] = field(default_factory=dict)  # host or group -> variables
    depth: dict[str, int] = field(default_factory=dict)  # group -> steps from "all"

    def hosts_of(self, group: str) -> tuple[str, ...]:
        """All hosts of ``group``, in the order of the file."""
        if group == "all":
            return tuple(self.hosts)
        names = set(self.members.get(group, ()))
        for child in self.children.get(group, ()):
            names.update(self.hosts_of(child))
        return tuple(host for host in self.hosts if host in names)

    def groups_of(self, host: str) -> tuple[str, ...]:
        """The groups of ``host``: "all" first, then from the widest to the narrowest."""
        names = [group for group in self.groups if host in self.hosts_of(group)]
        return tuple(sorted(names, key=lambda group: (self.depth[group], group)))


def parse(document: Document, region: tuple[str, ...], problems: list[Problem]) -> Tree:
    """The tree of ``hosts.yml``; groups of the ``region`` exist even without hosts.

    Adds every mistake to ``problems``; the tree then holds what could be read.
    """
    reader = _Reader(document, problems)
    data = document.data if isinstance(document.data, dict) else {}
    if list(data) != ["all"]:
        reader.bad((), "the one key all, with everything below it", words.shown(list(data)))
    reader.group("all", ("all",), data.get("all"))
    tree = reader.tree
    if not tree.hosts:
        reader.bad(("all",), "at least one host")
    for name in sorted(tree.hosts.keys() & tree.groups.keys()):
        wanted = "a name that is either a host's or a group's"
        problems.append(Problem(document.file, tree.hosts[name], name, wanted))
    for name in region:
        tree.groups.setdefault(name, 0)
    _measure(tree, problems)
    return tree


def _measure(tree: Tree, problems: list[Problem]) -> None:
    """Depths of the groups; a cycle is a problem and is cut."""
    for name in tree.groups.keys() - {"all"}:
        if not any(name in below for below in tree.children.values()):
            tree.children.setdefault("all", set()).add(name)
    parents = {
        name: {parent for parent, below in tree.children.items() if name in below}
        for name in tree.groups
    }
    try:
        order = list(TopologicalSorter(parents).static_order())
    except CycleError as error:
        circle = error.args[1]
        seen = " > ".join(reversed(circle))
        line = tree.groups[circle[0]]
        problems.append(Problem(tree.document.file, line, "children", "no circle of groups", seen))
        tree.children.clear()
        tree.depth = dict.fromkeys(tree.groups, 1) | {"all": 0}
        return
    for name in order:
        tree.depth[name] = max((tree.depth[parent] + 1 for parent in parents[name]), default=0)


class _Reader:
    """Walks the groups of the file."""

    def __init__(self, document: Document, problems: list[Problem]) -> None:
        self.tree = Tree(document)
        self.problems = problems

    def bad(self, place: Place, expected: str, read: str | None = None) -> None:
        document = self.tree.document
        where = words.where(place[-2:]) or "hosts.yml"
        problem = Problem(document.file, document.line(*place), where, expected, read)
        self.problems.append(problem)

    def group(self, name: str, place: Place, data: Any) -> None:
        if data is None:
            return
        if not isinstance(data, dict):
            self.bad(place, "a mapping with hosts, children, vars", words.shown(data))
            return
        for key in data.keys() - set(_GROUP_KEYS):
            self.bad((*place, key), words.unknown("key", key, list(_GROUP_KEYS)), key)
        for host, host_place, _ in self._named(data, (*place, "hosts")):
            self.tree.hosts.setdefault(host, self.tree.document.line(*host_place))
            self.tree.members.setdefault(name, set()).add(host)
            self._block(host, host_place)
        for child, child_place, below in self._named(data, (*place, "children")):
            self.tree.groups.setdefault(child, self.tree.document.line(*child_place))
            self.tree.children.setdefault(name, set()).add(child)
            self.group(child, child_place, below)
        if "vars" in data:
            self._block(name, (*place, "vars"))

    def _named(self, data: Mapping[str, Any], place: Place) -> Iterator[tuple[str, Place, Any]]:
        """The well named entries below the last key of ``place``."""
        entries = data.get(str(place[-1]))
        if entries is None:
            return
        if not isinstance(entries, dict):
            self.bad(place, "a mapping of names", words.shown(entries))
            return
        for name, below in entries.items():
            if name in _RESERVED or not _NAME.fullmatch(name):
                wanted = "a name of a-z, 0-9, - and _ other than " + ", ".join(_RESERVED)
                self.bad((*place, name), wanted, words.shown(name))
            else:
                yield name, (*place, name), below

    def _block(self, owner: str, place: Place) -> None:
        block = Block(self.tree.document, place)
        if block.written is not None:
            self.tree.blocks.setdefault(owner, []).append(block)
