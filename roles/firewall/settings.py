"""Settings of the firewall room: which flows a machine may have, and with whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from socle.baseline.flows import Flow, Need, PeerAddresses, resolve_peers
from socle.baseline.model import Host, Practice
from socle.baseline.passages import passages
from socle.baseline.removals import STAYS
from socle.baseline.rules import admits, port_in
from socle.baseline.settings import (
    BadSetting,
    BadSettings,
    RoomSettings,
    keyed,
    neutral,
    stricter,
)
from socle.baseline.types import Port

IMAGING_PORTS = (104, 2575, 2761, 2762, 4242, 8042, 8080, 8443, 11112)
"""DICOM, DICOM TLS, HL7, Orthanc and dcm4chee as they come (shared controls, section 3.1)."""

# RFC 1918, 6598, 3927, 4193, 4291. An address outside is the Internet's.
PRIVATE = (
    "10.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/7",
    "fe80::/10",
)


def _local_network(text: str) -> str:
    """A network that may count as local; ValueError says what was expected instead."""
    wanted = 'a private network, or the LAN\'s own IPv6 prefix such as "2001:db8:1:2::/64"'
    try:
        network = ip_network(text)
    except ValueError:
        raise ValueError(wanted) from None
    own_prefix = network.version == 6 and network.prefixlen >= 48
    if not own_prefix and not any(_within(network, private) for private in PRIVATE):
        raise ValueError(wanted)
    return text


def _removable(name: str) -> str:
    """A package that may be forbidden; ValueError says what was expected instead."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name):
        raise ValueError("the name of a Debian package")
    if name in STAYS:
        raise ValueError(f"a Debian package other than {name}: machines and the way in hang on it")
    return name


def _within(network: Any, other: str) -> bool:
    outer = ip_network(other)
    return bool(network.version == outer.version and network.subnet_of(outer))


Interface = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$")]


class Firewall(RoomSettings):
    """Inbound and outbound allow-lists. What no flow declares is refused."""

    removed_packages: ClassVar[str | None] = "forbidden_packages"

    flows: Annotated[list[Flow], keyed("name")] = []
    """Permitted network flows; layers add to them by name."""

    peers: Annotated[dict[str, list[str]], neutral()] = {}
    """Named sets of addresses that flows may name as peers (administration, box, imprimantes…)."""

    local_networks: Annotated[
        list[Annotated[str, AfterValidator(_local_network)]], Field(min_length=1), neutral()
    ] = list(PRIVATE)
    """Networks that are not the Internet, as CIDR; add the LAN's own global IPv6 prefix."""

    forward_interfaces: Annotated[list[Interface], stricter("subset")] = []
    """Bridges of containers or virtual machines whose outbound traffic is forwarded (docker0)."""

    imaging_ports: Annotated[list[Port], stricter("superset")] = list(IMAGING_PORTS)
    """Ports of imaging software: never open to "any" nor to a whole network."""

    forbidden_packages: Annotated[
        list[Annotated[str, AfterValidator(_removable)]], stricter("superset")
    ] = [
        "inetutils-inetd",
        "nis",
        "rpcbind",
        "rsh-server",
        "snmpd",
        "telnetd",
        "tftpd-hpa",
        "vsftpd",
        "xinetd",
    ]
    """Network services in clear text that no practice needs; removed."""

    log_per_minute: Annotated[int, Field(ge=1, le=60), neutral()] = 10
    """Dropped packets written to the journal, per minute and direction at most."""

    guard_seconds: Annotated[int, Field(ge=5, le=600), neutral()] = 60
    """Seconds the host waits for a confirmation before it undoes a change that cut access."""

    @classmethod
    def keeps(cls, settings: Mapping[str, Any]) -> Iterable[str]:
        """Each flow by its name and by what it lets through, and what passes this machine."""
        for way, rules in (("from", "inbound"), ("to", "outbound")):
            for flow in settings[f"firewall_{rules}"]:
                open_to = list(passages(flow, way))
                if open_to:  # else no packet passes
                    yield f"flow {flow['name']}"
                yield from open_to
        for interface in settings["firewall_forward_interfaces"]:
            yield f"connections of {interface} through this machine"

    def derive(self, host: Host, practice: Practice) -> dict[str, Any]:
        """The flows of this very host with every peer turned into addresses.

        Returns:
            ``inbound`` and ``outbound``: one entry a flow, the peers as declared and as CIDR;
            ``local_ipv4`` and ``local_ipv6``: ``local_networks`` by family;
            ``packages``: to install.

        Raises:
            BadSettings: an unknown peer, or a flow that would expose the machine.
        """
        problems: list[BadSetting] = []
        known = [*practice.groups, *practice.hosts]
        rules: dict[str, list[dict[str, Any]]] = {"in": [], "out": []}
        for flow in self.flows:
            try:
                peers = resolve_peers(flow.peers, practice, self.peers)
            except BadSettings as error:
                problems += error.under("flows", flow.name, "peers").settings
                continue
            problems += [
                BadSetting(("flows", flow.name, "hosts", at), _known(word, known), word)
                for at, word in enumerate(flow.hosts)
                if word not in known
            ]
            problems += [
                BadSetting(("flows", flow.name, "peers"), expected, ", ".join(flow.peers))
                for expected in self._exposures(flow, peers)
            ]
            if flow.applies_to(host):
                rules[flow.direction].append(_rule(flow, peers))
        if problems:
            raise BadSettings(problems)
        return {
            "inbound": rules["in"],
            "outbound": rules["out"],
            "local_ipv4": [net for net in self.local_networks if ":" not in net],
            "local_ipv6": [net for net in self.local_networks if ":" in net],
            "packages": ["nftables"],
        }

    def permits(self, host: Host, need: Need) -> bool:
        """Whether a resolved flow of ``host`` lets ``need`` pass.

        Nobody knows here which addresses a name has: a flow for anybody, or for its port, will do.
        """
        rules = host.settings["firewall_inbound" if need.direction == "in" else "firewall_outbound"]
        usable = [rule for rule in rules if not rule["users"] or "root" in rule["users"]]
        if need.addresses:
            return any(admits(usable, one, need.port, need.protocol) for one in need.addresses)
        return any(
            rule["protocol"] == need.protocol
            and (rule["any"] or str(need.port) in rule["ports"])
            and any(port_in(need.port, ports) for ports in rule["ports"])
            for rule in usable
        )

    def questions(self, host: Host, practice: Practice) -> Iterator[BadSetting]:
        """Who is behind the peers of flows through which nobody passes."""
        for flow in (one for one in self.flows if one.applies_to(host)):
            empty = [word for word in flow.peers if self.peers.get(word) == []]
            for word in empty:
                wanted = "one address or more: nobody passes through the flows that name it"
                yield BadSetting(("peers", word), wanted, "none")
            found = resolve_peers(flow.peers, practice, self.peers)
            if not empty and not (found.any or found.ipv4 or found.ipv6):
                wanted = "peers with a host or an address: nobody passes through this flow"
                yield BadSetting(("flows", flow.name, "peers"), wanted, ", ".join(flow.peers))

    def _exposures(self, flow: Flow, peers: PeerAddresses) -> Iterator[str]:
        """What an inbound flow would have to be, where it would expose the machine."""
        if flow.direction == "out":
            return
        imaging = flow.protocol == "tcp" and any(_covers(flow, p) for p in self.imaging_ports)
        if peers.any:
            if flow.protocol == "tcp" or imaging:
                yield 'named peers: "any" would open this port to the whole Internet'
            return
        for network in map(ip_network, (*peers.ipv4, *peers.ipv6)):
            private = any(_within(network, local) for local in self.local_networks)
            if not private and network.num_addresses > 1:
                yield f"private networks or single addresses ({network} is a public network)"
            if imaging and network.num_addresses > 256:
                yield f"the imaging devices' own addresses ({network} is a whole network)"


def _covers(flow: Flow, port: int) -> bool:
    return any(port_in(port, str(ports)) for ports in flow.ports)


def _known(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return "a host or a group" + (f"; did you mean {close[0]}?" if close else "")


def _rule(flow: Flow, peers: PeerAddresses) -> dict[str, Any]:
    return {
        "name": flow.name,
        "protocol": flow.protocol,
        "ports": [str(port) for port in flow.ports],
        "users": list(flow.users),
        "peers": list(flow.peers),
        "any": peers.any,
        "ipv4": list(peers.ipv4),
        "ipv6": list(peers.ipv6),
        "purpose": flow.purpose,
        "asked_by": flow.asked_by,
    }
