"""What makes an image a machine: the files written into it before it boots. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from ipaddress import ip_interface
from textwrap import dedent

from socle.lab.spec import Lab, Leg, Machine


@dataclass(frozen=True)
class File:
    """A file to write: text, mode, and whether the administrator owns it (else root)."""

    text: str
    mode: int = 0o644
    administrators: bool = False


@dataclass(frozen=True)
class Surroundings:
    """What a machine takes from this computer and from the lab's folder, besides its spec."""

    host_key: str
    host_key_public: str
    administrator_key_public: str
    apt_conf: str


def files(lab: Lab, machine: Machine, around: Surroundings) -> dict[str, File]:
    """Path on the machine -> content."""
    home = f"home/{lab.administrator}/.ssh"
    return {
        "etc/hostname": File(f"{machine.name}\n"),
        "etc/machine-id": File(f"{_machine_id(lab, machine)}\n", 0o444),
        "etc/hosts": File(hosts_file(lab)),
        "etc/resolv.conf": File(resolv_conf(lab.legs(machine)[0])),
        "etc/apt/apt.conf.d/00lab": File(around.apt_conf),
        **{
            f"etc/systemd/network/1{n}-lab.network": File(network_file(machine, leg))
            for n, leg in enumerate(lab.legs(machine))
        },
        "etc/ssh/ssh_host_ed25519_key": File(around.host_key, 0o600),
        "etc/ssh/ssh_host_ed25519_key.pub": File(around.host_key_public),
        "etc/sudoers.d/lab-administrator": File(
            f"{lab.administrator} ALL=(ALL:ALL) NOPASSWD: ALL\n", 0o440
        ),
        "root/.ssh/authorized_keys": File(around.administrator_key_public, 0o600),
        f"{home}/authorized_keys": File(around.administrator_key_public, 0o600, True),
    }


def resolv_conf(leg: Leg) -> str:
    """The gateway of a machine's first network answers names, as a box does."""
    return "".join(f"nameserver {gateway.ip}\n" for gateway in leg.network.interfaces[:1])


def hosts_file(lab: Lab) -> str:
    """``/etc/hosts``: every machine of the lab by its name, with all its addresses."""
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
    lines += [f"{address} {m.name}" for m in lab.machines for address in m.addresses]
    return "".join(f"{line}\n" for line in lines)


def network_file(machine: Machine, leg: Leg) -> str:
    """systemd-networkd's file for one of the machine's interfaces. No address waits for DAD."""
    lines = dedent(
        f"""\
        [Match]
        Name={leg.interface}

        [Network]
        DHCP=no
        IPv6AcceptRA=no
        IPv6DuplicateAddressDetection=0
        """
    ).splitlines()
    gateways = [f"Gateway={router}" for router in machine.routers if leg.network.has(router)]
    for address in leg.addresses:
        gateway = leg.network.gateway_of(address)
        lines.append(f"Address={ip_interface(f'{address}/{gateway.network.prefixlen}')}")
        if not machine.routers:
            gateways.append(f"Gateway={gateway.ip}")
    lines += dict.fromkeys(gateways)
    return "".join(f"{line}\n" for line in lines)


def known_hosts(lab: Lab, public_keys: dict[str, str]) -> str:
    """One line a machine: its name, its addresses, its host key (``public_keys``: by name)."""
    lines = []
    for machine in lab.machines:
        algorithm, key = public_keys[machine.name].split()[:2]
        lines.append(f"{','.join((machine.name, *machine.addresses))} {algorithm} {key}\n")
    return "".join(lines)


def _machine_id(lab: Lab, machine: Machine) -> str:
    """Stable across resets, so that the journal stays one machine's."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"socle-lab:{lab.tag}/{machine.name}").hex
