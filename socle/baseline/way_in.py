"""Whether a host's flows let the operator in anew: the connection in use, and what carries it.

A tunnel that is up goes on over established connections. After a restart its outer packets have to
be admitted anew; so what ``socle/path.sh`` says of the path is asked of the flows beforehand. So is
what an address hangs on: a lease by DHCPv6 ends after a while, unless both its flows are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Network, ip_network
from typing import Any

from socle.baseline.rules import admits, port_in
from socle.baseline.tunnels import Outer, leased, outer_packets

Rules = Sequence[Mapping[str, Any]]

ADD_PEER = "Add it to firewall_peers.administration in the practice's group_vars/all.yml."
LATER = "and after a restart"
ASKED, LINK_LOCAL = "ff02::1:2", "fe80::/10"  # RFC 8415: servers' group; whence they answer
ADMINISTRATION = "Administration par le prestataire"


@dataclass(frozen=True)
class Missing:
    """What the flows do not let in, and what to do, a sentence each."""

    why: str
    advice: str


def missing(
    inbound: Rules, outbound: Rules, *, client: str, port: int, path: Sequence[str], host: str
) -> Missing | None:
    """What would keep the operator out once nothing is established any more; None: nothing known.

    Args:
        inbound: the host's resolved flows, as ``admits`` takes them.
        outbound: the same.
        client: the operator's address as the host sees it.
        port: the port of sshd in use.
        path: lines of ``socle/path.sh``.
        host: its name in hosts.yml, for the flow to declare.
    """
    if not admits(inbound, client, port):
        why = (
            f"no inbound flow lets {client} reach port {port}/tcp, and that is the connection in "
            "use"
        )
        known = any(r["protocol"] == "tcp" and _covers(r, port) for r in inbound)
        name = f"administration-port-{port}"
        advice = ADD_PEER if known else _flow(name, "in", f"{port}/tcp", client, host)
        return Missing(why, advice)
    by_anybody = [rule for rule in outbound if not rule["users"]]  # a kernel's packet has no user
    for address in leased(path):
        if lost := _lease_lost(address, inbound, by_anybody, host):
            return lost
    for outer in outer_packets(path):
        judge = _JUDGES.get(outer.kind, _without_ports)
        found = judge(outer, inbound, by_anybody, host)
        if found is not None:
            return found
    return None


def _lease_lost(address: str, inbound: Rules, outbound: Rules, host: str) -> Missing | None:
    """DHCPv6: the question goes to a group, and servers on the link answer by themselves."""
    why = f"{address}, an address in use, is leased by DHCPv6, and {{}}: it would be lost"
    purpose = "Adresse IPv6 donnée par la box"
    if not admits(outbound, ASKED, 547, "udp"):
        flow = _flow("dhcpv6", "out", "547/udp", ASKED, host, purpose=purpose)
        return Missing(why.format(f"no outbound flow leads to port 547/udp of {ASKED}"), flow)
    near = ip_network(LINK_LOCAL)
    if not any(
        rule["protocol"] == "udp"
        and _covers(rule, 546)
        and (rule["any"] or any(IPv6Network(net).overlaps(near) for net in rule["ipv6"]))
        for rule in inbound
    ):
        flow = _flow("dhcpv6-reponse", "in", "546/udp", LINK_LOCAL, host, purpose=purpose)
        return Missing(why.format("no inbound flow lets its server answer port 546/udp"), flow)
    return None


def _without_ports(outer: Outer, _in: Rules, _out: Rules, _host: str) -> Missing:
    return Missing(
        f"{outer.sentence}, whose outer packets, neither TCP nor UDP, no flow can let in from "
        f"{outer.other}",
        advice="Administer this host over another path.",
    )


def _one_connection(outer: Outer, inbound: Rules, outbound: Rules, host: str) -> Missing | None:
    """WireGuard: it is enough that one of the two may start it, and does."""
    may_start = outer.starts and outer.peer_port is not None
    if _passes(inbound, outer.peer, outer.port):
        return None
    why = f"{outer.sentence}, {LATER} no flow lets {outer.other} reach port {outer.port}/udp"
    if not may_start:
        return Missing(why, _flow(outer.name, "in", f"{outer.port}/udp", outer.address, host))
    if _passes(outbound, outer.peer, outer.peer_port):
        return None
    why += f", nor this host reach port {outer.peer_port}/udp of {outer.other}"
    return Missing(why, _flow(outer.name, "out", f"{outer.peer_port}/udp", outer.address, host))


def _two_connections(outer: Outer, inbound: Rules, outbound: Rules, host: str) -> Missing | None:
    """VXLAN and GENEVE: both sides draw their source port, so each direction is on its own."""
    port = f"{outer.port}/udp"
    if not _passes(inbound, outer.peer, outer.port):
        why = f"{outer.sentence}, {LATER} no inbound flow lets {outer.other} reach port {port}"
        return Missing(why, _flow(f"{outer.name}-in", "in", port, outer.address, host))
    if not _passes(outbound, outer.peer, outer.port):
        why = f"{outer.sentence}, {LATER} no outbound flow leads to port {port} of {outer.other}"
        return Missing(why, _flow(f"{outer.name}-out", "out", port, outer.address, host))
    return None


_JUDGES = {
    "wireguard": _one_connection,
    "vxlan": _two_connections,
    "geneve": _two_connections,
}


def _passes(rules: Rules, peer: str | None, port: int | None) -> bool:
    """Whether a flow lets ``peer`` through; whoever it is, where nobody knows."""
    if port is None:
        return False
    if peer is not None:
        return admits(rules, peer, port, "udp")
    return any(rule["protocol"] == "udp" and _covers(rule, port) for rule in rules)


def _covers(rule: Mapping[str, Any], port: int) -> bool:
    return any(port_in(port, ports) for ports in rule["ports"])


def _flow(
    name: str, direction: str, port: str, peer: str, host: str, *, purpose: str = ADMINISTRATION
) -> str:
    """Say which flow is to be declared, as it is written in a settings file."""
    number, _, protocol = port.partition("/")
    return (
        "Add to firewall_flows in the practice's group_vars/all.yml: "
        f"- {{name: {name}, direction: {direction}, protocol: {protocol}, ports: [{number}], "
        f'peers: ["{peer}"], hosts: [{host}], purpose: "{purpose}"}}'
    )
