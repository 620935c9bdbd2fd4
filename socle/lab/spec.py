"""The words of a lab: a network, machines on it, and the folder that holds their state."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_interface
from pathlib import Path

from socle.lab.errors import LabError
from socle.lab.images import IMAGES

_BRIDGE = re.compile(r"[a-z][a-z0-9-]{0,14}")  # 15 characters: the kernel's limit for an interface
_HOST = re.compile(r"[a-z][a-z0-9-]{0,30}")
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,30}")

Interface = IPv4Interface | IPv6Interface


@dataclass(frozen=True)
class Network:
    """A bridge on this computer. ``gateways``: the host's addresses on it, with prefix length."""

    bridge: str
    gateways: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raise ``LabError`` for a name or an address that the kernel would refuse."""
        _check(_BRIDGE, self.bridge, "a bridge name (at most 15 of a-z, 0-9, -)")
        for gateway in self.gateways:
            if "/" not in gateway:
                raise LabError(f"gateway {gateway}: expected an address with a prefix length")
        _ = self.interfaces

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """The gateways, parsed."""
        try:
            return tuple(ip_interface(gateway) for gateway in self.gateways)
        except ValueError as error:
            raise LabError(f"network {self.bridge}: {error}") from error

    def gateway_of(self, address: str) -> Interface:
        """The gateway on whose network ``address`` is. ``LabError`` when there is none."""
        try:
            literal = ip_address(address)
        except ValueError as error:
            raise LabError(f"network {self.bridge}: {error}") from error
        for gateway in self.interfaces:
            if literal in gateway.network:
                return gateway
        networks = ", ".join(str(gateway.network) for gateway in self.interfaces)
        raise LabError(f"address {address} is outside network {self.bridge} ({networks})")

    def has(self, address: str) -> bool:
        """Whether ``address`` is on this network."""
        with suppress(LabError):
            return bool(self.gateway_of(address))
        return False


@dataclass(frozen=True)
class Machine:
    """A host to boot. ``image`` is one of ``IMAGES``, ``addresses`` are literals without prefix.

    ``routers``: its way out, where that is not this computer; a machine with addresses on several
    networks names them.
    """

    name: str
    image: str
    addresses: tuple[str, ...]
    routers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ``LabError`` for a bad name, an unknown image, or no address."""
        _check(_HOST, self.name, "a machine name (at most 31 of a-z, 0-9, -)")
        if self.image not in IMAGES:
            names = ", ".join(IMAGES)
            raise LabError(f"machine {self.name}: image {self.image}, expected one of {names}")
        if not self.addresses:
            raise LabError(f"machine {self.name}: no address")


@dataclass(frozen=True)
class Leg:
    """A machine's interface: its name in the machine, its network, the addresses on it."""

    interface: str
    network: Network
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Lab:
    """A throw-away practice. ``folder`` receives its keys, ``known_hosts``, disks and logs.

    ``beyond``: more networks, for instance an Internet behind a box.
    """

    name: str
    folder: Path
    network: Network
    machines: tuple[Machine, ...]
    administrator: str = "adm-socle"
    beyond: tuple[Network, ...] = ()

    def __post_init__(self) -> None:
        """Make ``folder`` absolute; raise ``LabError`` for machines that cannot live together."""
        object.__setattr__(self, "folder", self.folder.resolve())
        _check(_ACCOUNT, self.administrator, "the name of a Unix account")
        taken = [network.bridge for network in self.networks]
        taken += [str(gateway.ip) for one in self.networks for gateway in one.interfaces]
        for machine in self.machines:
            for address in (*machine.addresses, *machine.routers):
                self.network_of(address)
            taken += [machine.name, *(str(ip_address(address)) for address in machine.addresses)]
        twice = sorted({word for word in taken if taken.count(word) > 1})
        if twice:
            raise LabError(f"lab {self.name}: used twice: {', '.join(twice)}")

    @property
    def networks(self) -> tuple[Network, ...]:
        """Every network; the first is the practice's own."""
        return (self.network, *self.beyond)

    def network_of(self, address: str) -> Network:
        """The network that ``address`` is on. ``LabError`` when there is none."""
        for network in self.beyond:
            if network.has(address):
                return network
        self.network.gateway_of(address)
        return self.network

    def legs(self, machine: Machine) -> tuple[Leg, ...]:
        """The machine's interfaces, ``host0`` first, in the order of its addresses."""
        on: dict[Network, list[str]] = {}
        for address in machine.addresses:
            on.setdefault(self.network_of(address), []).append(address)
        return tuple(Leg(f"host{n}", network, tuple(on[network])) for n, network in enumerate(on))

    @property
    def tag(self) -> str:
        """What marks the processes, the rules and the bridge as this lab's: ten hex digits."""
        whole = f"{self.network.bridge}\0{self.folder}"
        return hashlib.sha256(whole.encode()).hexdigest()[:10]

    @property
    def key_file(self) -> Path:
        """The administrator's private key (and root's)."""
        return self.folder / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """Host keys under every name and address of every machine."""
        return self.folder / "known_hosts"

    def machine(self, name: str) -> Machine:
        """The machine called ``name``. ``LabError`` when the lab has none."""
        for machine in self.machines:
            if machine.name == name:
                return machine
        names = ", ".join(machine.name for machine in self.machines)
        raise LabError(f"lab {self.name} has no machine {name} (it has: {names})")

    def home(self, machine: Machine) -> Path:
        """The folder of a machine's disk and console log."""
        return self.folder / "machines" / machine.name


@dataclass(frozen=True)
class MachineStatus:
    """``init`` is the process id, on this computer, of the machine's PID 1 (None: not running)."""

    init: int | None

    @property
    def running(self) -> bool:
        """True when the machine has a PID 1; it may still be booting."""
        return self.init is not None


def _check(pattern: re.Pattern[str], word: str, what: str) -> None:
    if not pattern.fullmatch(word):
        raise LabError(f"{word!r}: expected {what}")
