"""Administration through a tunnel: what a restart would cut is refused before, or undone after."""

from __future__ import annotations

import subprocess

import pytest

from socle.lab import reboot

pytestmark = pytest.mark.lab
HOST = "accueil"
MACHINES = (HOST,)
RULES = "nft -s list ruleset; sha256sum /etc/socle/*"
BLIND = "/usr/local/sbin/ip"
"""Where sudo finds it before the real one: the host no longer knows what carries its packets."""

GIVEN_UP = ("--data", f"socle_give_up={HOST}")


class Tunnel:
    """A second path to the host: VXLAN between this computer and it, and addresses inside.

    One source port makes its outer packets one connection, which stays established as WireGuard's.
    """

    def __init__(self, cabinet, folder) -> None:
        self.direct, self.practice = cabinet, cabinet.elsewhere(folder)
        self.net = cabinet.network
        self.device = f"socle-vx{self.net}"
        self.inside, self.operator = f"10.99.{self.net}.21", f"10.99.{self.net}.1"

    def up(self) -> None:
        here, there = f"10.77.{self.net}.1", f"10.77.{self.net}.21"
        down(self.device)
        for words in (
            f"link add {self.device} type vxlan id {self.net} local {here} remote {there} "
            "srcport 4789 4790 dstport 4789",
            f"address add {self.operator}/24 dev {self.device}",
            f"link set {self.device} up",
        ):
            subprocess.run(["ip", *words.split()], check=True)
        netdev = (
            f"[NetDev]\\nName=vx0\\nKind=vxlan\\n[VXLAN]\\nVNI={self.net}\\nRemote={here}\\n"
            f"Local={there}\\nDestinationPort=4789\\nPortRange=4789-4790\\nIndependent=yes\\n"
        )
        network = f"[Match]\\nName=vx0\\n[Network]\\nAddress={self.inside}/24\\n"
        self.direct.root_on(
            HOST,
            "cd /etc/systemd/network && "
            f"printf '{netdev}' >vx0.netdev && printf '{network}' >vx0.network && "
            "networkctl reload && until ip address show dev vx0 | grep -q 10.99; do sleep 0.1; done"
            "; nft flush ruleset",
        )
        known = self.practice.folder / "known_hosts"
        known.write_text(known.read_text().replace(f"{there},", f"{there},{self.inside},"))
        self.edit("hosts.yml", f"ansible_host: {there}\n", f"ansible_host: {self.inside}\n")
        self.edit("group_vars/all.yml", f"[10.77.{self.net}.1, ", f"[{self.operator}, ")
        self.edit("group_vars/all.yml", "---\n", "---\nfirewall_guard_seconds: 10\n")

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.practice.folder / file
        assert path.read_text().count(old) >= 1, path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))

    def declare(self) -> None:
        flows = "".join(
            f"  - {{name: tunnel-vx0-{way}, direction: {way}, protocol: udp, ports: [4789], "
            f'peers: ["10.77.{self.net}.1"], hosts: [{HOST}], purpose: "Administration"}}\n'
            for way in ("in", "out")
        )
        self.edit("group_vars/all.yml", "firewall_flows:\n", f"firewall_flows:\n{flows}")

    def forget(self, way: str) -> None:
        """Take one of the declared flows back."""
        path = self.practice.folder / "group_vars/all.yml"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if f"tunnel-vx0-{way}," not in line))

    def gone(self) -> None:
        down(self.device)
        self.direct.root_on(
            HOST,
            f"rm -f /etc/systemd/network/vx0.* {BLIND}; ip link delete vx0 || :; networkctl reload"
            "; nft flush ruleset",  # the direct way in is closed
        )
        self.direct.pyinfra("-y", "--limit", HOST, *GIVEN_UP)


def down(device: str) -> None:
    subprocess.run(["ip", "link", "delete", device], capture_output=True, check=False)


@pytest.fixture
def tunnel(hardened, tmp_path):
    made = Tunnel(hardened, tmp_path)
    try:
        made.up()
        yield made
    finally:
        made.gone()


def test_an_outer_flow_that_nobody_declared(tunnel):
    """Refused by both engines; declared, it outlasts a restart; taken back, it is refused again."""
    rules = tunnel.direct.root_on(HOST, RULES)
    refused(tunnel.practice.pyinfra("-y", "--limit", HOST, *GIVEN_UP, code=1), tunnel.net, "in")
    told = ("-e", f"socle_give_up={HOST}")  # the address that administered until now
    refused(tunnel.practice.ansible("--limit", HOST, *told, code=2), tunnel.net, "in")
    assert tunnel.direct.root_on(HOST, RULES) == rules

    tunnel.declare()
    tunnel.practice.pyinfra("-y", "--limit", HOST, *GIVEN_UP)
    reboot(tunnel.direct.lab, HOST, wait_for_ssh=False)
    up = "ip address show dev vx0 | grep -q 10.99 && systemctl is-active --quiet ssh"
    tunnel.direct.root_on(HOST, f"until {up}; do sleep 0.2; done")
    assert tunnel.practice.changes(tunnel.practice.pyinfra("-y", "--limit", HOST)) == 0
    rules = tunnel.direct.root_on(HOST, RULES)

    tunnel.forget("out")
    refused(tunnel.practice.pyinfra("-y", "--limit", HOST, *GIVEN_UP, code=1), tunnel.net, "out")
    tunnel.forget("in")
    refused(tunnel.practice.pyinfra("--dry", "--limit", HOST, code=1), tunnel.net, "in")

    # Where the host cannot say what carries its packets, the proof is what protects.
    tunnel.direct.root_on(HOST, f"printf '#!/bin/sh\\nexit 1\\n' >{BLIND}; chmod 755 {BLIND}")
    output = tunnel.practice.pyinfra("-y", "--limit", HOST, *GIVEN_UP, code=1)
    assert "the host put its previous state back by itself" in " ".join(output.split())
    assert tunnel.direct.root_on(HOST, RULES) == rules


def refused(output: str, net: str, way: str) -> None:
    said = " ".join(output.split())
    assert "efused before any change: the connection in use comes through vx0 (vxlan)" in said
    assert f"{{name: tunnel-vx0-{way}, direction: {way}, protocol: udp, ports: [4789]" in said
    assert f"10.77.{net}.1" in said
    assert "Traceback" not in output
