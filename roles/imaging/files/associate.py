"""DICOM associations tried out: who is let in, and what the others are told (PS3.8, 9.3).

Runs on a managed host with Python's standard library alone. Arguments: address, port, called and
calling AE title, and a PEM file with certificate and key for TLS ("-": none), for each try.
"""

from __future__ import annotations

import socket
import ssl
import struct
import sys

CONTEXT = b"1.2.840.10008.3.1.1.1"  # the DICOM application context
VERIFICATION = b"1.2.840.10008.1.1"
IMPLICIT = b"1.2.840.10008.1.2"
OURSELVES = b"2.25.219874129874123"
SECONDS = 4
ACCEPTED, REJECTED, ABORTED = 2, 3, 7


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
            link.sendall(request(called, calling))
            return _answer(link)
    except ssl.SSLError:
        return "no TLS"
    except TimeoutError:
        return "silent"
    except OSError:
        return "closed"


def request(called: str, calling: str) -> bytes:
    """An A-ASSOCIATE-RQ for verification."""
    context = bytes((1, 0, 0, 0)) + _item(0x30, VERIFICATION) + _item(0x40, IMPLICIT)
    user = _item(0x51, struct.pack(">I", 16384)) + _item(0x52, OURSELVES)
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


def _answer(link: socket.socket) -> str:
    head = link.recv(10)
    if not head:
        return "closed"
    if head[0] == ACCEPTED:
        link.sendall(struct.pack(">BBII", 5, 0, 4, 0))  # A-RELEASE-RQ
        return "accepted"
    if head[0] == REJECTED and len(head) == 10:  # noqa: PLR2004 - the whole of it
        return f"rejected {head[7]} {head[8]} {head[9]}"
    return "aborted" if head[0] == ABORTED else "closed"


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
