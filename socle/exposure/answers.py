"""What stands behind an open port, asked as a stranger would: status codes, never a page.

An answer's first line is all that is read: no page, no banner, no certificate.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import Literal

from socle.exposure.dicom import Association, associate
from socle.exposure.model import Port
from socle.exposure.ports import IMAGING

SECONDS = 4.0
"""For each step of a conversation."""
ORTHANC, DCM4CHEE = "/system", "/dcm4chee-arc/ui2"
NOTHING = "/socle-asks-for-nothing"
"""A path that nobody has: a server that grants it grants everything, and tells nothing."""
PATHS = (NOTHING, ORTHANC, DCM4CHEE)
_Connect = Callable[[], socket.socket]
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9]\d\d)[ \r]")
_FIRST_LINE = 16  # bytes: "HTTP/1.1 200 OK" begins like this
_OK = 200


def ask(address: str, port: int, seconds: float = SECONDS) -> Port:
    """What an open port of ``address`` answers.

    Where images usually travel, DICOM comes first: devices there may not like other languages.
    """
    if port in IMAGING:
        plain = _association(partial(_connect, address, port, seconds, tls=False))
        if plain is not Association.NONE:
            return Port(port=port, dicom=plain)
    tls = _tls_version(address, port, seconds)
    connect = partial(_connect, address, port, seconds, tls=tls is not None)
    found = _statuses(connect, address)
    dicom = Association.NONE if found else _association(connect)
    return Port(port=port, tls=tls, http=found, dicom=dicom, product=product(found))


def product(statuses: Mapping[str, int]) -> Literal["orthanc", "dcm4chee"] | None:
    """Which imaging program lets a stranger in, by its status codes; None: nobody can tell."""
    if statuses.get(NOTHING) == _OK:
        return None
    if statuses.get(ORTHANC) == _OK:
        return "orthanc"
    return "dcm4chee" if statuses.get(DCM4CHEE) == _OK else None


def _statuses(connect: _Connect, address: str) -> dict[str, int]:
    """Path -> status code; empty where it does not speak HTTP."""
    found: dict[str, int] = {}
    for path in PATHS:
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


def _association(connect: _Connect) -> Association:
    try:
        with closing(connect()) as connection:
            return associate(connection)
    except OSError:
        return Association.NONE


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
