"""Flows: the network flows a practice permits, in the words people write them in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from socle.baseline.settings import BadSetting, BadSettings, matching
from socle.baseline.types import Kebab

if TYPE_CHECKING:
    from socle.baseline.model import Host, Practice

ANY = "any"
_HIGHEST_PORT = 65535
_WIDEST_RANGE = 1000  # ports; a wider range is no longer a named flow
_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")
_LIKE_ADDRESS = re.compile(r"[0-9.]+(/.*)?|.*:.*")
_WANTED_PORT = 'a port from 1 to 65535, or a range of at most 1000 ports such as "6000-6010"'
_NARROW = f"{_WANTED_PORT} (outbound flows of named accounts may have wider ones)"

Network = IPv4Network | IPv6Network


def _port(value: object) -> object:
    """A port, or a range of ports as text. Pydantic reports the ValueError."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _HIGHEST_PORT:
        return value
    found = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(_WANTED_PORT)
    low, high = int(found[1]), int(found[2])
    if not 1 <= low < high <= _HIGHEST_PORT:
        raise ValueError(_WANTED_PORT)
    return f"{low}-{high}"


def _narrow(ports: list[int | str], info: ValidationInfo) -> list[int | str]:
    """Ranges that are still a named flow, unless only some account's programs may use it."""
    for port in ports:
        low, _, high = str(port).partition("-")
        if int(high or low) - int(low) >= _WIDEST_RANGE and not info.data.get("users"):
            raise ValueError(_NARROW)
    return ports


def _unique(values: list[Any]) -> list[Any]:
    if len(set(values)) != len(values):
        raise ValueError("a list without repetition")
    return values


PortOrRange = Annotated[int | str, BeforeValidator(_port)]
Word = Annotated[str, Field(min_length=1)]
Account = Annotated[str, matching(r"[a-z_][a-z0-9_-]{0,31}", "the name of a Unix account")]


class Flow(BaseModel):
    """One permitted network flow. The firewall, the flow register and the checks all read it."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )

    name: Kebab
    """Stable name; layers merge flows by it."""
    direction: Literal["in", "out"]
    """Seen from the host: who opens the connection."""
    protocol: Literal["tcp", "udp"]
    """Transport."""
    users: Annotated[list[Account], AfterValidator(_unique)] = []
    """Accounts whose programs alone may use an outbound flow; without any, every program may."""
    ports: Annotated[
        list[PortOrRange],
        Field(min_length=1),
        AfterValidator(_unique),
        AfterValidator(_narrow),
    ]
    """Destination ports: numbers, or ranges written "6000-6010"."""
    peers: Annotated[list[Word], Field(min_length=1), AfterValidator(_unique)]
    """The other side: any, an address, a network, a host, a group, or a named set of peers."""
    hosts: Annotated[list[Word], Field(min_length=1), AfterValidator(_unique)] = ["all"]
    """Hosts or groups on which the flow is open."""
    purpose: Annotated[str, Field(min_length=3)]
    """What it is for, in words the doctor understands."""
    asked_by: str | None = None
    """Who asked for it."""

    @model_validator(mode="after")
    def _only_outbound_flows_have_users(self) -> Flow:
        if self.users and self.direction == "in":
            raise ValueError("users of outbound flows only: nobody's program opens an inbound one")
        return self

    def applies_to(self, host: Host) -> bool:
        """Whether the flow is open on ``host``."""
        return any(word == host.name or word in host.groups for word in self.hosts)


@dataclass(frozen=True)
class Need:
    """A flow that a setting cannot do without. Programs of root use it.

    ``setting``: the field that asks for it, and where in it. ``addresses``: IP literals of the
    peer, one of which has to be permitted; none where only a name is known.
    """

    setting: tuple[str | int, ...]
    name: str
    direction: Literal["in", "out"]
    port: int
    peer: str
    addresses: tuple[str, ...]
    purpose: str
    protocol: Literal["tcp", "udp"] = "tcp"


@dataclass(frozen=True)
class PeerAddresses:
    """Peers as the packet filter wants them: sorted, merged, without overlap.

    A single address stands without prefix length. ``any``: the whole world, the lists are empty.
    """

    any: bool
    ipv4: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()


def literals(address: str) -> tuple[str, ...]:
    """``address`` alone if it is one; nothing for a name, which only its resolver knows."""
    try:
        return (str(ip_address(address)),)
    except ValueError:
        return ()


def resolve_peers(
    peers: Sequence[str], practice: Practice, named: Mapping[str, Sequence[str]]
) -> PeerAddresses:
    """Addresses behind the words of ``peers``.

    ``named`` are the practice's own sets of peers; their members are addresses, networks, hosts
    or groups, not other sets. Raises `BadSettings` with every bad word, each at the path
    ``(position,)``: put the field in front with `BadSettings.under`.
    """
    found: list[Network] = []
    bad: list[BadSetting] = []
    everyone = False
    for position, word in enumerate(peers):
        everyone = everyone or word == ANY or ANY in named.get(word, ())
        try:
            found.extend(_networks(word, practice, named))
        except ValueError as error:
            bad.append(BadSetting((position,), str(error), f'"{word}"'))
    if bad:
        raise BadSettings(bad)
    if everyone:
        return PeerAddresses(any=True)
    return PeerAddresses(
        any=False,
        ipv4=_collapsed(net for net in found if isinstance(net, IPv4Network)),
        ipv6=_collapsed(net for net in found if isinstance(net, IPv6Network)),
    )


def _networks(word: str, practice: Practice, named: Mapping[str, Sequence[str]]) -> list[Network]:
    """Networks behind one word; the ValueError says what was expected instead."""
    if word == ANY:
        return []
    if word in named:
        if word in practice.hosts or word in practice.groups:
            raise ValueError(f"one meaning: {word} is a set of peers and also a host or group")
        return _members(word, practice, named[word])
    if word in practice.groups:
        return [net for host in practice.groups[word] for net in _host(host, practice)]
    if word in practice.hosts:
        return _host(word, practice)
    if _LIKE_ADDRESS.fullmatch(word):
        return [_network(word)]
    raise ValueError(_known_words(word, practice, named))


def _members(name: str, practice: Practice, members: Sequence[str]) -> list[Network]:
    """Networks of a named set of peers."""
    found: list[Network] = []
    for member in members:
        try:
            found.extend(_networks(member, practice, {}))
        except ValueError as error:
            raise ValueError(f'{error} (the set {name} has "{member}")') from None
    return found


def _host(name: str, practice: Practice) -> list[Network]:
    addresses = practice.hosts[name].addresses
    if not addresses:
        raise ValueError(f"a host with an address: give {name} its socle_addresses")
    return [ip_network(address) for address in addresses]


def _network(word: str) -> Network:
    try:
        loose = ip_network(word, strict=False)
    except ValueError:
        raise ValueError("an IP address, or a network such as 192.168.1.0/24") from None
    try:
        return ip_network(word)
    except ValueError:
        raise ValueError(f"a network without host bits: {loose}") from None


def _known_words(word: str, practice: Practice, named: Mapping[str, Sequence[str]]) -> str:
    known = sorted({ANY, *named, *practice.groups, *practice.hosts})
    close = get_close_matches(word, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"an address, a network, or one of: {', '.join(known)}{hint}"


def _collapsed(networks: Iterable[Any]) -> tuple[str, ...]:
    return tuple(
        str(net.network_address) if net.num_addresses == 1 else str(net)
        for net in collapse_addresses(networks)
    )
