"""What a host's resolved flows admit: the question that engines and checks ask of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any


def port_in(port: int, ports: str) -> bool:
    """Whether ``port`` is the port, or within the range "8000-8010", written as ``ports``."""
    low, _, high = ports.partition("-")
    return int(low) <= port <= int(high or low)


def admits(
    rules: Iterable[Mapping[str, Any]], address: str, port: int, protocol: str = "tcp"
) -> bool:
    """Whether one of ``rules`` lets the peer ``address`` use ``port``.

    Args:
        rules: a host's ``firewall_inbound`` or ``firewall_outbound``.
        address: an IP literal; an IPv4 address in IPv6 notation counts as IPv4.
    """
    peer = ip_address(address.partition("%")[0])
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped:
        peer = peer.ipv4_mapped
    return any(
        rule["protocol"] == protocol
        and any(port_in(port, ports) for ports in rule["ports"])
        and (rule["any"] or any(peer in ip_network(net) for net in rule[f"ipv{peer.version}"]))
        for rule in rules
    )
