"""Which programs listen on the network of a host, and who is connected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from socle.machine import programs
from socle.messages import Message, message

# What ss begins a socket with, in plain words: no account can write so much into the 15 characters
# of a process's name, which stand at the end, whatever they are: quotes, brackets, a newline.
_SOCKET = re.compile(
    r"(?:(?P<protocol>tcp|udp)[ \t]+)?(?:LISTEN|UNCONN)[ \t]+\d+[ \t]+\d+[ \t]+"
    r"(?P<address>[^\s]+):(?P<port>\d{1,5})[ \t]+[^\s]+:(?:\*|\d{1,5})(?=[ \t\n]|\Z)"
)
_USERS = re.compile(r'users:\(\("(.*)",pid=\d+,fd=\d+\)\)', re.DOTALL)
_NEXT_USER = re.compile(r'",pid=\d+,fd=\d+\),\("')
_NO_LETTER = re.compile(r"\\x[0-9a-f]{2}")  # how a byte that is none stands in an answer
_LONGEST_NAME = 15  # bytes
NOBODY, UNNAMED = "unknown program", "a program whose name cannot be read"
LONGEST = 200  # characters of what could not be read
OWN = "/run/socle"
"""Root's caches and locks on a host, for root alone: whoever can open a lock's file can hold it."""
TURNS = f"{OWN}/sockets.lock"
"""Questions that open sockets of their own hold it, and are not taken for the machine's."""
_SS = "ss --no-header --tcp --udp --listening --numeric --processes"
DHCP_CLIENT = {("udp", 68), ("udp", 546)}
"""Sockets of the machine's own address configuration; they answer nobody."""


_CONNECTION = programs.shell(Path(__file__).parents[1] / "connection.sh")


_NAMELESS = (NOBODY, UNNAMED)


@dataclass(frozen=True, order=True)
class Listener:
    """A socket that anyone on the network may address, unless the packet filter stands before."""

    protocol: str
    address: str
    port: int
    program: str

    def __str__(self) -> str:
        """``program on tcp 0.0.0.0 port 8042``."""
        return str(self.words)

    @property
    def words(self) -> Message:
        """The same as a message."""
        return message(
            "{program} on {protocol} {address} port {port}",
            program=Message(self.program) if self.program in _NAMELESS else self.program,
            protocol=self.protocol,
            address=self.address,
            port=self.port,
        )


@dataclass(frozen=True)
class Listing:
    """What ss said: the sockets that were read, and whether anything else was among them."""

    sockets: list[Listener]
    unread: Message | None = None
    """About the first words that could not be read. The sockets hold all the same."""


def listeners(host: Any) -> Listing:
    """Every TCP and UDP socket that listens beyond loopback, sorted.

    Raises:
        RuntimeError: ``ss`` is missing or failed.
    """
    answer = host.run(f"install -d -m 700 {OWN} && flock {TURNS} {_SS}")
    if answer.rc != 0:
        raise RuntimeError(f"ss failed: {answer.stderr.strip()}")
    found = read(answer.stdout)
    beyond = (one for one in found.sockets if not _loopback(one.address))
    return Listing(
        sorted(one for one in beyond if (one.protocol, one.port) not in DHCP_CLIENT), found.unread
    )


def read(said: str) -> Listing:
    """The sockets in what ``ss --no-header --numeric --processes`` printed, in its order.

    Where it prints no protocol, it was asked for TCP alone. What does not begin as a socket is the
    rest of the name before it.
    """
    found: list[list[str]] = [[]]
    for line in said.split("\n"):
        if _SOCKET.match(line):
            found.append([])
        found[-1].append(line)
    sockets, strange = [], []
    for text in map("\n".join, found):
        begin = _SOCKET.match(text)
        one, rest = _listener(begin, text[begin.end() :].strip()) if begin else (None, text.strip())
        sockets += [one] if one else []
        strange += [rest] if rest else []
    if not strange:
        return Listing(sockets)
    said = strange[0][:LONGEST]
    return Listing(sockets, message("ss said what cannot be read: {said}", said=said))


def _listener(begin: re.Match[str], users: str) -> tuple[Listener, str]:
    """The socket, and what of its ``users`` was not understood."""
    named = _USERS.fullmatch(users)
    names = _NEXT_USER.split(named[1]) if named else []
    if any(len(_NO_LETTER.sub("x", name).encode()) > _LONGEST_NAME for name in names):
        names = []
    program = names[0] if names else UNNAMED if users else NOBODY
    one = Listener(begin["protocol"] or "tcp", begin["address"], int(begin["port"]), program)
    return one, "" if names else users


def plain(address: str) -> str:
    """An address as ss prints it, without brackets and the interface: ``[fe80::1]%eth0``."""
    return address.partition("%")[0].strip("[]")


def _loopback(address: str) -> bool:
    """What is no address counts as one of the network."""
    try:
        return ip_address(plain(address)).is_loopback
    except ValueError:
        return False


def operator(host: Any) -> tuple[str, int] | None:
    """The operator's address and the port of sshd as ``host`` sees them; None if not by SSH."""
    words = _CONNECTION.run(host).stdout.split()
    return (words[0], int(words[3])) if words else None
