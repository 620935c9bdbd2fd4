"""Which programs listen on the network of a host, and who is connected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from ipaddress import ip_address
from typing import Any

_PROGRAM = re.compile(r'\(\("([^"]+)"')
OWN = "/run/socle"
"""Root's caches and locks on a host, for root alone: whoever can open a lock's file can hold it."""
TURNS = f"{OWN}/sockets.lock"
"""Questions that open sockets of their own hold it, and are not taken for the machine's."""
_SS = "ss --no-header --tcp --udp --listening --numeric --processes"
DHCP_CLIENT = {("udp", 68), ("udp", 546)}
"""Sockets of the machine's own address configuration; they answer nobody."""


_CONNECTION = (files("socle") / "connection.sh").read_text(encoding="utf-8")


@dataclass(frozen=True, order=True)
class Listener:
    """A socket that anyone on the network may address, unless the packet filter stands before."""

    protocol: str
    address: str
    port: int
    program: str

    def __str__(self) -> str:
        """``program on tcp 0.0.0.0 port 8042``."""
        return f"{self.program} on {self.protocol} {self.address} port {self.port}"


def listeners(host: Any) -> list[Listener]:
    """Every TCP and UDP socket that listens beyond loopback, sorted.

    Raises:
        RuntimeError: ``ss`` is missing or failed.
    """
    answer = host.run(f"install -d -m 700 {OWN} && flock {TURNS} {_SS}")
    if answer.rc != 0:
        raise RuntimeError(f"ss failed: {answer.stderr.strip()}")
    found = (_listener(line.split()) for line in answer.stdout.splitlines())
    return sorted(
        one
        for one in found
        if not _loopback(one.address) and (one.protocol, one.port) not in DHCP_CLIENT
    )


def _listener(fields: list[str]) -> Listener:
    protocol, _, _, _, local, *rest = fields
    address, _, port = local.rpartition(":")
    program = _PROGRAM.search(" ".join(rest))
    return Listener(protocol, address, int(port), program[1] if program else "unknown program")


def _loopback(address: str) -> bool:
    plain = address.strip("[]").partition("%")[0]
    return plain != "*" and ip_address(plain).is_loopback


def operator(host: Any) -> tuple[str, int] | None:
    """The operator's address and the port of sshd as ``host`` sees them; None if not by SSH."""
    words = host.run("sh -c %s", _CONNECTION).stdout.split()
    return (words[0], int(words[3])) if words else None
