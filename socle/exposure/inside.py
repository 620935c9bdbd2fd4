"""Is this computer behind the very box that it wants to look at? From there, a look proves nothing.

A box answers for its own public address to its own network, and lets through what the Internet
cannot reach. Nobody else has to be asked: a packet that may pass two routers at most reaches the
box from inside, and dies on its way from any other line.
"""

from __future__ import annotations

import errno
import select
import socket
import struct
from contextlib import closing
from ipaddress import ip_address
from typing import Literal

Distance = Literal["near", "far", "unknown"]
ROUTERS = 2
_SECONDS = 2.0
_PORT = 33434  # nothing listens there, and no provider answers in its place
_RECVERR = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
_HOPS = {
    socket.AF_INET: (socket.IPPROTO_IP, socket.IP_TTL),
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS),
}
_ERROR_QUEUE = 0x2000  # MSG_ERRQUEUE
_TIME_EXCEEDED = {(2, 11), (3, 3)}  # (SO_EE_ORIGIN_ICMP, type), (SO_EE_ORIGIN_ICMP6, type)


def why_not(address: str) -> str | None:
    """Why a look at ``address`` from here would prove nothing; None where it may."""
    found = ip_address(address)
    if not found.is_global or found.is_multicast:
        return "it is no address of the Internet"
    if _is_own(address):
        return "it is an address of this very computer"
    source = source_of(address)
    if found.version == 6 and source is not None and _same_site(address, source):  # noqa: PLR2004
        return f"this computer stands on the same network ({source})"
    if distance(address) == "near":
        return (
            f"it is at most {ROUTERS} routers away: this computer stands behind the practice's own "
            "box. Run this from another line, a phone's or a server's elsewhere"
        )
    return None


def source_of(address: str) -> str | None:
    """The global address of this computer that ``address`` sees; None where a NAT hides it."""
    try:
        with closing(socket.socket(_family(address), socket.SOCK_DGRAM)) as here:
            here.connect((address, _PORT))  # sends nothing
            source = str(here.getsockname()[0])
    except OSError:
        return None
    return source if ip_address(source).is_global else None


def distance(address: str, routers: int = ROUTERS) -> Distance:
    """Whether a TCP packet that may pass so many routers arrives."""
    family = _family(address)
    with closing(socket.socket(family, socket.SOCK_STREAM)) as attempt:
        attempt.setblocking(False)
        attempt.setsockopt(*_RECVERR[family], 1)
        attempt.setsockopt(*_HOPS[family], routers)
        code = attempt.connect_ex((address, _PORT))
        if code == errno.EINPROGRESS:
            poll = select.poll()
            poll.register(attempt, select.POLLOUT)
            if not poll.poll(_SECONDS * 1000):
                return "unknown"
            code = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code in (0, errno.ECONNREFUSED):
            return "near"
        return "far" if _died_on_its_way(attempt) else "unknown"


def _died_on_its_way(attempt: socket.socket) -> bool:
    try:
        _, ancillary, _, _ = attempt.recvmsg(1, 512, _ERROR_QUEUE)
    except OSError:
        return False
    return any(struct.unpack_from("=IBB", data)[1:] in _TIME_EXCEEDED for _, _, data in ancillary)


def _is_own(address: str) -> bool:
    try:
        with closing(socket.socket(_family(address), socket.SOCK_DGRAM)) as here:
            here.bind((address, 0))
    except OSError:
        return False
    return True


def _same_site(one: str, other: str) -> bool:
    """Whether two IPv6 addresses share the /56 that a line usually has."""
    return int(ip_address(one)) >> 72 == int(ip_address(other)) >> 72


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
