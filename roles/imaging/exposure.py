"""How imaging shows itself to whoever looks from outside. No patient's data is ever asked for.

Only the Verification service is proposed (DICOM PS3.8, upper layer protocol): whoever grants that
association to an unknown name talks to strangers. Nothing is queried, nothing is sent.
"""

from __future__ import annotations

import socket
from contextlib import suppress

from roles.imaging.files.associate import ABORTED, ACCEPTED, REJECTED, request
from socle.exposure.recognised import Association, Program, Protocol, UsualPort

CALLING = "SOCLEPROBE"
CALLED = "ANY-SCP"
_LARGEST_PDU = 16384  # bytes
_ABORT = bytes((7, 0, 0, 0, 0, 4, 0, 0, 0, 0))
_HEADER = 6  # bytes: type, reserved, length
_SAID = {
    ACCEPTED: Association.ACCEPTED,
    REJECTED: Association.REJECTED,
    ABORTED: Association.ABORTED,
}


def associate(connection: socket.socket) -> Association:
    """Ask for an association under a name that nobody knows; then hang up.

    The request is the one of ``files/associate.py``, whose text is a question in stored bundles
    and stays as it is. Here anything may answer: a header that is not DICOM's is none.
    """
    try:
        connection.sendall(request(CALLED, CALLING))
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
    return _SAID.get(header[0], Association.NONE)


def _exactly(connection: socket.socket, size: int) -> bytes:
    """The next bytes; fewer where the other end hangs up."""
    found = b""
    while len(found) < size and (more := connection.recv(size - len(found))):
        found += more
    return found


PORTS = (
    UsualPort(104, "DICOM", "DICOM", patients=True),
    UsualPort(2575, "HL7", "HL7", patients=True),
    UsualPort(2761, "DICOM", "DICOM", patients=True),
    UsualPort(2762, "DICOM TLS", "DICOM TLS", patients=True),
    UsualPort(4242, "DICOM (Orthanc)", "DICOM (Orthanc)", patients=True),
    UsualPort(8042, "Orthanc", "Orthanc", patients=True),
    UsualPort(9990, "WildFly", "WildFly"),
    UsualPort(11112, "DICOM", "DICOM", patients=True),
    UsualPort(12575, "HL7", "HL7", patients=True),
)
PROTOCOLS = (
    Protocol(
        name="dicom",
        request="DICOM association",
        granted="a DICOM association was granted to a stranger",
        spoken="it speaks DICOM",
        ask=associate,
    ),
)
PROGRAMS = (Program("orthanc", "/system"), Program("dcm4chee", "/dcm4chee-arc/ui2"))
