"""What a lease by DHCPv6 needs gets through the baseline's own rules, in network namespaces."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest
from programs import program

from socle.baseline import load
from socle.render import render

ROOT = Path(__file__).parents[3]
RULES = "templates/etc/socle/firewall.nft.j2"
HERE, THERE, SERVERS = "fe80::1", "fe80::2", "ff02::1:2"
PACKETS = {
    "asks servers": ("out", (HERE, 546), (SERVERS, 547)),
    "is answered": ("in", (THERE, 547), (HERE, 546)),
    "asks one alone": ("out", (HERE, 547), (THERE, 547)),
    "asks for more": ("out", (HERE, 546), (SERVERS, 548)),
    "is answered from afar": ("in", ("2001:db8::2", 547), ("2001:db8::1", 546)),
    "is reached elsewhere": ("in", (THERE, 547), (HERE, 547)),
}

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("nft") or not shutil.which("unshare"),
    reason="needs root, nft and unshare: packet filters in network namespaces",
)


def test_dhcpv6_and_nothing_beside_it_gets_through():
    """As systemd-networkd and dhclient ask: from port 546 to the group, answered from the link."""
    with ThreadPoolExecutor(1) as apart:  # a thread may have a network of its own
        through = apart.submit(tried).result(timeout=60)
    assert through == {name: name in ("asks servers", "is answered") for name in PACKETS}


def tried() -> dict[str, bool]:
    scratch = program(ROOT / "roles/firewall/files/probe.py").Scratch(
        (f"{THERE}%cable", "40000", f"{HERE}%cable", "22")
    )
    give("2001:db8::1/64", "cable")
    with scratch.elsewhere():
        give("2001:db8::2/64", "socle")
    settings = load(ROOT / "inventories/demo", root=ROOT).hosts["accueil"].settings
    rules = render(Path(__file__).parents[1] / RULES, settings)
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
    return {name: passes(scratch, *packet) for name, packet in PACKETS.items()}


def give(address: str, device: str) -> None:
    subprocess.run(["ip", "address", "add", address, "dev", device, "nodad"], check=True)


def passes(scratch, way: str, source: tuple[str, int], target: tuple[str, int]) -> bool:
    """Whether a packet arrives within half a second."""
    with scratch.elsewhere() if way == "in" else nullcontext():
        sender = bound(*source, device="socle" if way == "in" else "cable")
    with scratch.elsewhere() if way == "out" else nullcontext():
        receiver = bound(*target, device="socle" if way == "out" else "cable")
    with sender, receiver:
        receiver.settimeout(0.5)
        scope = sender.getsockname()[3]
        try:
            sender.sendto(b"x", (*target, 0, scope))
            return receiver.recv(1) == b"x"
        except (TimeoutError, PermissionError):  # the latter: rejected on the way out
            return False


def bound(address: str, port: int, device: str) -> socket.socket:
    made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    index = socket.if_nametoindex(device)
    if address.startswith("ff"):
        group = socket.inet_pton(socket.AF_INET6, address) + index.to_bytes(4, "little")
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
    made.bind((address, port, 0, index))
    return made
