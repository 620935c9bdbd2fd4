"""DICOM associations tried out: who is let in, and what the others are told (PS3.8, 9.3).

Runs on a managed host with Python's standard library alone. Arguments: address, port, called and
calling AE title, and a PEM file with certificate and key for TLS ("-": none), for each try.
"""

from __future__ import annotations

import socket
import ssl
import struct
import sys
from contextlib import suppress

CONTEXT = b"1.2.840.10008.3.1.1.1"  # the DICOM application context
VERIFICATION = b"1.2.840.10008.1.1"
IMPLICIT = b"1.2.840.10008.1.2"
OURSELVES = b"2.25.219874129874123"
SECONDS = 4
ACCEPTED, REJECTED, ABORTED = 2, 3, 7
HEADER = 6  # bytes: type, reserved, length
LARGEST = 16384  # bytes that we take at once; a longer answer is none of DICOM's


def associate(address: str, port: int, called: str, calling: str, pem: str | None = None) -> str:
    """Ask for an association that can only be pinged, and end it.

    Returns:
        ``accepted``, ``rejected RESULT SOURCE REASON`` (PS3.8, table 9-21), ``aborted``,
        ``closed``, ``refused``, ``silent`` or ``no TLS``.
    """
    try:
        link: socket.socket = socket.create_connection((address, port), SECONDS)
    except ConnectionRefusedError:
        return "refused"
    except OSError:
        return "silent"
    try:
        if pem is not None:
            link = _wrapped(link, pem)
        with link:
            return converse(link, called, calling)
    except ssl.SSLError:
        return "no TLS"
    except TimeoutError:
        return "silent"
    except OSError:
        return "closed"


def converse(link: socket.socket, called: str, calling: str) -> str:
    """Ask over an open connection with a time limit of its own, and end what was granted.

    Returns:
        ``accepted``, ``rejected RESULT SOURCE REASON``, ``aborted``, or ``closed``: no DICOM.
        OSError where the connection breaks.
    """
    link.sendall(request(called, calling))
    head = _exactly(link, HEADER)
    if len(head) < HEADER or head[1] != 0 or int.from_bytes(head[2:]) > LARGEST:
        return "closed"
    if head[0] == ACCEPTED:
        with suppress(OSError):
            link.sendall(struct.pack(">BBII", 5, 0, 4, 0))  # A-RELEASE-RQ
        return "accepted"
    if head[0] == REJECTED:
        why = _exactly(link, 4)
        return f"rejected {why[1]} {why[2]} {why[3]}" if len(why) == 4 else "closed"  # noqa: PLR2004
    return "aborted" if head[0] == ABORTED else "closed"


def request(called: str, calling: str) -> bytes:
    """An A-ASSOCIATE-RQ for verification."""
    context = bytes((1, 0, 0, 0)) + _item(0x30, VERIFICATION) + _item(0x40, IMPLICIT)
    user = _item(0x51, struct.pack(">I", LARGEST)) + _item(0x52, OURSELVES)
    body = struct.pack(">HH", 1, 0) + _title(called) + _title(calling) + bytes(32)
    body += _item(0x10, CONTEXT) + _item(0x20, context) + _item(0x50, user)
    return struct.pack(">BBI", 1, 0, len(body)) + body


def _wrapped(link: socket.socket, pem: str) -> socket.socket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # who is let in is asked here, not whom one speaks to
    context.verify_mode = ssl.CERT_NONE
    if pem:
        context.load_cert_chain(pem)
    return context.wrap_socket(link)


def _exactly(link: socket.socket, size: int) -> bytes:
    """The next bytes; fewer where the other end hangs up."""
    found = b""
    while len(found) < size and (more := link.recv(size - len(found))):
        found += more
    return found


def _item(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(content)) + content


def _title(text: str) -> bytes:
    return text.encode("ascii").ljust(16)


if __name__ == "__main__":
    words = sys.argv[1:]
    for at in range(0, len(words), 5):
        where, number, server, client, file = words[at : at + 5]
        met = associate(where, int(number), server, client, None if file == "-" else file)
        sys.stdout.write(f"{met}\n")
