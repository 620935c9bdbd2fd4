"""A small DHCPv6 server (RFC 8415): one address, for whoever asks, and not for long."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from struct import pack, unpack_from

SERVERS, PORT = "ff02::1:2", 547
SOLICIT, ADVERTISE, RENEW, REPLY = 1, 2, 5, 7
CLIENT_ID, SERVER_ID, IA_NA, IA_ADDR = 1, 2, 3, 5
DUID = pack("!HHI", 3, 1, 77)
RENEW_AFTER, REBIND_AFTER, SECONDS = 8, 14, 25
"""Seconds of a lease: when the client asks its server again, when all servers, when it ends."""


@contextmanager
def leasing(device: str, address: str) -> Iterator[list[int]]:
    """Lease ``address`` on a device in the block; the types of all messages that arrive."""
    heard: list[int] = []
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        index = socket.if_nametoindex(device)
        group = socket.inet_pton(socket.AF_INET6, SERVERS) + pack("@I", index)
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        server.bind(("::", PORT))
        thread = threading.Thread(target=_serve, args=(server, address, heard))
        thread.start()
        try:
            yield heard
        finally:
            with suppress(OSError):  # not connected; whoever waits is woken nevertheless
                server.shutdown(socket.SHUT_RD)
            thread.join()


def _serve(server: socket.socket, address: str, heard: list[int]) -> None:
    while message := server.recvfrom(1 << 16):
        question, client = message
        if not question:
            return
        heard.append(question[0])
        server.sendto(_answer(question, address), client)


def _answer(question: bytes, address: str) -> bytes:
    asked = dict(_options(question[4:]))
    times = pack("!II", SECONDS, SECONDS)
    leased = _option(IA_ADDR, socket.inet_pton(socket.AF_INET6, address) + times)
    association = asked.get(IA_NA, bytes(4))[:4] + pack("!II", RENEW_AFTER, REBIND_AFTER)
    kind = ADVERTISE if question[0] == SOLICIT else REPLY
    return (
        bytes([kind])
        + question[1:4]
        + _option(CLIENT_ID, asked.get(CLIENT_ID, b""))
        + _option(SERVER_ID, DUID)
        + _option(IA_NA, association + leased)
    )


def _options(text: bytes) -> Iterator[tuple[int, bytes]]:
    while len(text) >= 4:  # code and length
        code, length = unpack_from("!HH", text)
        yield code, text[4 : 4 + length]
        text = text[4 + length :]


def _option(code: int, content: bytes) -> bytes:
    return pack("!HH", code, len(content)) + content
