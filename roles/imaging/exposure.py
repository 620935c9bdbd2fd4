"""How imaging shows itself to whoever looks from outside. No patient's data is ever asked for.

Only the Verification service is proposed (DICOM PS3.8, upper layer protocol): whoever grants that
association to an unknown name talks to strangers. Nothing is queried, nothing is sent.
"""

from __future__ import annotations

import socket

from socle.exposure.recognised import Association, Program, Protocol, UsualPort
from socle.verify.associate import converse

CALLING = "SOCLEPROBE"
CALLED = "ANY-SCP"


def associate(connection: socket.socket) -> Association:
    """Ask for an association under a name that nobody knows; then hang up."""
    try:
        word = converse(connection, CALLED, CALLING).split()[0]
    except OSError:
        return Association.NONE
    return Association(word) if word in set(Association) else Association.NONE


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
