"""Scope: no host falls out of the region's rules in silence, and none has two meanings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv6Address, ip_address

from socle.baseline import words
from socle.baseline.hosts import Tree
from socle.baseline.merge import Merge
from socle.baseline.model import Host
from socle.baseline.variables import Variable
from socle.baseline.written import Layer, Setting
from socle.errors import Problem, short


def outside(tree: Tree, region: Collection[str]) -> Iterator[Problem]:
    """Hosts in no group of the ``region``, and groups that are nearly one of these."""
    file, own = tree.document.file, tree.groups.keys() - {"all", *region}
    meant = {group: near for group in sorted(own) if (near := words.near(group, region))}
    for group, near in meant.items():
        wanted = f"a group of the region, or a name unlike these; did you mean {near}?"
        yield Problem(file, tree.groups[group], group, wanted)
    for host, line in tree.hosts.items():
        groups = set(tree.groups_of(host)) - {"all"}
        if groups.isdisjoint(region) and groups.isdisjoint(meant):
            wanted = f"this host in a group of the region: {', '.join(region)}"
            yield Problem(file, line, host, wanted, ", ".join(sorted(groups)) or "no group")


def shared_addresses(
    hosts: Iterable[Host], merges: Mapping[str, Merge], tree: Tree
) -> Iterator[Problem]:
    """Two hosts with one address: two names of one machine, or a mistake."""
    taken: dict[str, tuple[Host, str]] = {}  # address, or where ssh connects to -> who has it
    for host in hosts:
        for address, variable in _addresses(host, merges[host.name]).items():
            first, its_variable = taken.setdefault(address, (host, variable))
            if first.name != host.name:
                place = _place(merges[first.name], its_variable, first, tree)
                wanted = f"an address of its own; {first.name} has this one ({place})"
                setting = merges[host.name].sources.get(variable)
                if setting is None:
                    line = tree.hosts[host.name]
                    yield Problem(tree.document.file, line, host.name, wanted, address)
                else:
                    yield setting.problem((), wanted, address)


def _addresses(host: Host, merge: Merge) -> dict[str, str]:
    """What only this host may have -> the variable that says it."""
    said = "socle_addresses" if merge.values["socle_addresses"] else "ansible_host"
    found = {usual(address): said for address in host.addresses}
    if host.connection.method == "ssh":
        name = usual(host.connection.address)
        found.setdefault(f"{name} port {host.connection.port}", "ansible_host")
    return found


def usual(address: str) -> str:
    """One spelling for each address or name."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address.casefold().rstrip(".")
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return str(mapped or ip)


def _place(merge: Merge, variable: str, host: Host, tree: Tree) -> str:
    setting = merge.sources.get(variable)
    if setting is None:
        return f"{short(tree.document.file)}:{tree.hosts[host.name]}"
    return setting.place()


def conflicts(
    host: str, layers: Sequence[Layer], tree: Tree, catalogue: Mapping[str, Variable]
) -> Iterator[Problem]:
    """Settings of ``host`` with two values and no order: in two groups of which none lies in the
    other, or in two places of one file.

    ``layers``: the weakest first. Entries of keyed lists are merged elsewhere, by their names.
    """
    said: dict[str, list[tuple[Layer, Setting]]] = {}
    for layer in layers:
        for name, setting in layer.settings.items():
            if catalogue[name].key is None:
                said.setdefault(name, []).append((layer, setting))
    for values in said.values():
        *before, (last, setting) = values
        if not last.region:  # what the practice says decides over the region
            before = [one for one in before if not one[0].region]
        for layer, other in before:
            if other.value == setting.value or _in_order(layer, other, last, setting, tree):
                continue
            wanted = f"one value for {host}; {other.place()} ({other.layer}) has another"
            yield setting.problem((), wanted, None, f"Or decide it in host_vars/{host}.yml.")


def _in_order(layer: Layer, one: Setting, last: Layer, other: Setting, tree: Tree) -> bool:
    """Whether the last layer lies within the other, or comes after it: host_vars/, hosts.yml."""
    if layer.scope == last.scope:
        return one.block.document.file != other.block.document.file
    return (
        layer.scope == "all" or last.scope in tree.hosts or last.scope in _below(layer.scope, tree)
    )


def _below(group: str, tree: Tree) -> set[str]:
    found = set(tree.children.get(group, ()))
    return found.union(*(_below(child, tree) for child in found))
