"""What stands behind an open port, asked as a stranger would: status codes, never a page.

An answer's first line is all that is read: no page, no banner, no certificate.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any

from socle.exposure.model import Port
from socle.exposure.recognised import Association, Program, Protocol, recognised

SECONDS = 4.0
"""For each step of a conversation."""
NOTHING = "/socle-asks-for-nothing"
"""A path that nobody has: a server that grants it grants everything, and tells nothing."""
_Connect = Callable[[], socket.socket]
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9]\d\d)[ \r]")
_FIRST_LINE = 16  # bytes: "HTTP/1.1 200 OK" begins like this
_OK = 200


def ask(address: str, port: int, seconds: float = SECONDS) -> Port:
    """What an open port of ``address`` answers.

    Where images usually travel, their protocols come first: devices there may not like other
    languages.
    """
    rooms = recognised()
    if port in rooms.patients:
        plain = _spoken(partial(_connect, address, port, seconds, tls=False), rooms.protocols)
        if plain:
            return Port(port=port, **plain)
    tls = _tls_version(address, port, seconds)
    connect = partial(_connect, address, port, seconds, tls=tls is not None)
    found = _statuses(connect, address, rooms.programs)
    spoken = {} if found else _spoken(connect, rooms.protocols)
    return Port(port=port, tls=tls, http=found, product=product(found), **spoken)


def product(statuses: Mapping[str, int]) -> str | None:
    """Which program lets a stranger in, by its status codes; None: nobody can tell."""
    if statuses.get(NOTHING) == _OK:
        return None
    open_to_all = (one.name for one in recognised().programs if statuses.get(one.page) == _OK)
    return next(open_to_all, None)


def _statuses(connect: _Connect, address: str, programs: Sequence[Program]) -> dict[str, int]:
    """Path -> status code; empty where it does not speak HTTP."""
    found: dict[str, int] = {}
    for path in (NOTHING, *(one.page for one in programs)):
        status = _status(connect, address, path)
        if status is None:
            break
        found[path] = status
    return found


def _status(connect: _Connect, address: str, path: str) -> int | None:
    """The status code of a GET without any name or password; None: it does not speak HTTP."""
    host = f"[{address}]" if ":" in address else address
    words = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: socle\r\nConnection: close\r\n\r\n"
    try:
        with closing(connect()) as connection:
            connection.sendall(words.encode("ascii"))
            line = b""
            while len(line) < _FIRST_LINE and (more := connection.recv(_FIRST_LINE - len(line))):
                line += more
    except OSError:
        return None
    match = _STATUS.match(line)
    return int(match[1]) if match else None


def _spoken(connect: _Connect, protocols: Sequence[Protocol]) -> dict[str, Any]:
    """The attestation's field of the first protocol that is understood there; else nothing."""
    for protocol in protocols:
        try:
            with closing(connect()) as connection:
                said = protocol.ask(connection)
        except OSError:
            continue
        if said is not Association.NONE:
            return {protocol.name: said}
    return {}


def _tls_version(address: str, port: int, seconds: float) -> str | None:
    try:
        with closing(_connect(address, port, seconds, tls=True)) as connection:
            return connection.version() if isinstance(connection, ssl.SSLSocket) else None
    except OSError:  # SSLError is one
        return None


def _connect(address: str, port: int, seconds: float, *, tls: bool) -> socket.socket:
    """A connection with a time limit. Whose certificate it is does not matter here."""
    plain = socket.create_connection((address, port), seconds)
    plain.settimeout(seconds)
    if not tls:
        return plain
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED  # old ones are worth telling
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        return context.wrap_socket(plain)
    except BaseException:
        plain.close()
        raise
