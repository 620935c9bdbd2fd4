"""The tunnels that carry the operator's connection, and the leases it hangs on, as the host says.

What is read here is what ``socle/path.sh`` printed on a host that may lie: anything that has not
the expected form is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

DEFAULT_PORTS = {"vxlan": 4789, "geneve": 6081}
WITHOUT_PORTS = ("gre", "gretap", "ip6gre", "ip6gretap", "ipip", "sit", "ip6tnl")
_HIGHEST_PORT = 65535
_DEVICE = r"(?a:[\w.@:-]{1,15})"


@dataclass(frozen=True)
class Outer:
    """The outer packets of a tunnel on the path.

    ``peer`` and ``peer_port``: None where the host does not know them. ``starts``: whether the
    host sends first, without being asked.
    """

    device: str
    kind: str
    peer: str | None = None
    port: int = 0
    peer_port: int | None = None
    starts: bool = False

    @property
    def sentence(self) -> str:
        """How a sentence about it begins."""
        return f"the connection in use comes through {self.device} ({self.kind})"

    @property
    def other(self) -> str:
        """The other end, in a sentence."""
        return self.peer or "the other end"

    @property
    def address(self) -> str:
        """The other end, as a peer of a flow."""
        return self.peer or "any"

    @property
    def name(self) -> str:
        """A name for the flow that lets it in."""
        return f"tunnel-{re.sub('[^a-z0-9]+', '-', self.device.lower()).strip('-')}"


def tunnels(path: Iterable[str]) -> list[str]:
    """The tunnels on the path and the programs behind them, in words: "vx0 (vxlan)"."""
    lines = list(path)
    programs = [re.fullmatch(rf"program ({_DEVICE}) (?a:([\w.-]{{1,40}}))", line) for line in lines]
    return [f"{outer.device} ({outer.kind})" for outer in outer_packets(lines)] + [
        f"{found[1]} ({found[2]})" for found in programs if found
    ]


def leased(path: Iterable[str]) -> list[str]:
    """The host's own addresses on the path that DHCPv6 has to renew."""
    said = [line.removeprefix("leased ") for line in path if line.startswith("leased ")]
    return [address for one in said if (address := _address({"remote": one}))]


def outer_packets(path: Iterable[str]) -> Iterator[Outer]:
    """The tunnels on the path, the innermost first; those of unknown programs are left out."""
    lines, to = list(path), ""
    for line in lines:
        if line.startswith("to "):
            to = line.removeprefix("to ")
        for device, kind, data in _links(line.removeprefix("link ")):
            if kind in DEFAULT_PORTS:
                port = _port(data.get("port")) or DEFAULT_PORTS[kind]
                yield Outer(device, kind, _address(data), port, port)
            elif kind in WITHOUT_PORTS:
                yield Outer(device, kind, _address(data))
            elif kind == "wireguard":
                yield from _wireguard(device, lines, to)


def _links(text: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name, kind and data of the virtual devices that ``ip -json`` described."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return
    for link in found if isinstance(found, list) else []:
        name, info = (link.get("ifname"), link.get("linkinfo")) if _is_dict(link) else ("", {})
        if _is_dict(info) and isinstance(name, str) and re.fullmatch(_DEVICE, name):
            data = info.get("info_data", {})
            yield name, str(info.get("info_kind", "")), data if _is_dict(data) else {}


def _is_dict(value: object) -> bool:
    return isinstance(value, dict)


def _port(value: object) -> int:
    """The port, or 0 where it is none."""
    text = str(value)
    return int(text) if re.fullmatch(r"[0-9]{1,5}", text) and int(text) <= _HIGHEST_PORT else 0


def _address(data: Mapping[str, Any]) -> str | None:
    try:
        return str(ip_address(data.get("remote") or data.get("remote6") or ""))
    except ValueError:
        return None


def _wireguard(device: str, lines: list[str], to: str) -> Iterator[Outer]:
    listens = next((line.split()[-1] for line in lines if line.startswith(f"wg {device} ")), "")
    for line in lines:
        peer = re.fullmatch(rf"wgpeer {re.escape(device)} (\S+) (\S+) (\S+)", line)
        if peer is None or not _port(listens) or not _owns(peer[3], to):
            continue
        address, _, port = peer[1].rpartition(":")
        known = _address({"remote": address.strip("[]")})
        theirs = _port(port) or None if known else None
        yield Outer(device, "wireguard", known, _port(listens), theirs, _port(peer[2]) > 0)


def _owns(networks: str, address: str) -> bool:
    try:
        return any(ip_address(address) in ip_network(net) for net in networks.split(","))
    except ValueError:
        return False
