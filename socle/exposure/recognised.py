"""What can be recognised from outside: ports, protocols, and programs that patients' data pass.

The rooms know, each for its domain: ``roles/ROOM/exposure.py`` may have ``PORTS``, ``PROTOCOLS``
and ``PROGRAMS``, tuples of the classes below. What every network has stands in `GENERAL`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from socle.baseline import packages
from socle.baseline.checkout import named_root


class Association(StrEnum):
    """What came of the request."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ABORTED = "aborted"
    NONE = "none"
    """It does not speak the protocol, or said nothing."""


@dataclass(frozen=True)
class UsualPort:
    """A TCP port that is looked at, and what usually listens there."""

    number: int
    en: str
    fr: str
    patients: bool = False
    """Whether images or messages about patients travel there: it is never open on purpose."""


@dataclass(frozen=True)
class Protocol:
    """A protocol in which a stranger can ask to be let in, without asking for any data."""

    name: str
    """The attestation's field for the answer."""
    request: str
    """What is asked for, in the words of a list."""
    granted: str
    """That a stranger was let in, in half a sentence."""
    spoken: str
    """That it was understood, in half a sentence."""
    ask: Callable[[socket.socket], Association]
    """Asks over an open connection, which has a time limit of its own, TLS or not."""


@dataclass(frozen=True)
class Program:
    """A program with patients' data that lets strangers in where it answers ``page`` with 200."""

    name: str
    page: str
    """The path of an address: ``/system``."""


@dataclass(frozen=True)
class Recognised:
    """What the rooms of one checkout know together."""

    ports: dict[int, UsualPort]
    protocols: tuple[Protocol, ...]
    programs: tuple[Program, ...]

    @property
    def patients(self) -> frozenset[int]:
        """The ports where images or messages about patients travel."""
        return frozenset(one.number for one in self.ports.values() if one.patients)

    def purpose(self, port: int, language: str = "en") -> str:
        """What usually listens there, in French for ``fr``; empty where nothing does."""
        one = self.ports.get(port)
        if one is None:
            return ""
        return one.fr if language == "fr" else one.en


GENERAL = (
    UsualPort(21, "FTP", "FTP"),
    UsualPort(22, "SSH", "SSH"),
    UsualPort(23, "Telnet", "Telnet"),
    UsualPort(80, "web", "web"),
    UsualPort(443, "web", "web"),
    UsualPort(445, "SMB", "SMB"),
    UsualPort(1194, "VPN", "VPN"),
    UsualPort(1723, "VPN", "VPN"),
    UsualPort(3389, "RDP", "RDP"),
    UsualPort(5000, "NAS", "NAS"),
    UsualPort(5001, "NAS", "NAS"),
    UsualPort(5357, "WSD", "WSD"),
    UsualPort(5900, "VNC", "VNC"),
    UsualPort(5901, "VNC", "VNC"),
    UsualPort(8080, "web", "web"),
    UsualPort(8443, "web", "web"),
)


def recognised() -> Recognised:
    """Of the checkout that SOCLE_CHECKOUT names, else of the one that Socle is installed from.

    It needs no practice: whoever looks from outside may have none. Raises SocleError where Socle
    is not installed from a checkout.
    """
    return of(named_root())


@cache
def of(root: Path) -> Recognised:
    """Of the checkout ``root``. Where two know a port, the room's word counts."""
    modules = packages.every(root, "exposure")
    ports = [*GENERAL, *(port for one in modules for port in getattr(one, "PORTS", ()))]
    return Recognised(
        ports={port.number: port for port in sorted(ports, key=lambda port: port.number)},
        protocols=tuple(word for one in modules for word in getattr(one, "PROTOCOLS", ())),
        programs=tuple(word for one in modules for word in getattr(one, "PROGRAMS", ())),
    )
