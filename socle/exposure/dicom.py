"""Ask for a DICOM association, as any stranger could. No patient's data is ever asked for.

Only the Verification service is proposed (DICOM PS3.8, upper layer protocol): whoever grants that
association to an unknown name talks to strangers. Nothing is queried, nothing is sent.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from enum import StrEnum

from socle.verify.associate import request

CALLING = "SOCLEPROBE"
CALLED = "ANY-SCP"
_LARGEST_PDU = 16384  # bytes
_ACCEPT, _REJECT, _ABORT_PDU = 2, 3, 7
_ABORT = bytes((7, 0, 0, 0, 0, 4, 0, 0, 0, 0))
_HEADER = 6  # bytes: type, reserved, length


class Association(StrEnum):
    """What came of the request."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ABORTED = "aborted"
    NONE = "none"
    """It does not speak DICOM, or said nothing."""


def associate(connection: socket.socket, called: str = CALLED) -> Association:
    """Ask over an open connection (TLS or not) with a time limit of its own; then hang up."""
    try:
        connection.sendall(request(called, CALLING))
        header = _exactly(connection, _HEADER)
    except OSError:
        return Association.NONE
    found = answer(header)
    if found is Association.ACCEPTED:
        with suppress(OSError):
            connection.sendall(_ABORT)
    return found


def answer(header: bytes) -> Association:
    """What the first six bytes of an answer say."""
    if len(header) < _HEADER or header[1] != 0 or int.from_bytes(header[2:6]) > _LARGEST_PDU:
        return Association.NONE
    kinds = {
        _ACCEPT: Association.ACCEPTED,
        _REJECT: Association.REJECTED,
        _ABORT_PDU: Association.ABORTED,
    }
    return kinds.get(header[0], Association.NONE)


def _exactly(connection: socket.socket, size: int) -> bytes:
    """The next bytes; fewer where the other end hangs up."""
    found = b""
    while len(found) < size and (more := connection.recv(size - len(found))):
        found += more
    return found
