"""Writes synthetic DICOM studies: ``python3 - FOLDER COUNT``. Runs on lab machines as it is.

Patients who do not exist, one grey square of 64 by 64 each.
"""

import struct
import sys
from pathlib import Path

SECONDARY_CAPTURE, LITTLE_ENDIAN = b"1.2.840.10008.5.1.4.1.1.7", b"1.2.840.10008.1.2.1"
LONG = (b"OB", b"OW")
SIDE = 64


def element(group: int, number: int, kind: bytes, value: bytes) -> bytes:
    """A data element, explicit VR, little endian."""
    value += (b"\0" if kind in (b"UI", *LONG) else b" ") * (len(value) % 2)
    length = struct.pack("<HI", 0, len(value)) if kind in LONG else struct.pack("<H", len(value))
    return struct.pack("<HH2s", group, number, kind) + length + value


def study(number: int) -> bytes:
    """A file with the only image of study ``number``."""
    uid = f"2.25.77{number}".encode()
    meta = (
        element(2, 2, b"UI", SECONDARY_CAPTURE)
        + element(2, 3, b"UI", uid + b".3")
        + element(2, 16, b"UI", LITTLE_ENDIAN)
        + element(2, 18, b"UI", b"2.25.770")
    )
    grey = {2: 1, 0x100: 8, 0x101: 8, 0x102: 7, 0x103: 0, 0x10: SIDE, 0x11: SIDE}
    image = {n: element(0x28, n, b"US", struct.pack("<H", v)) for n, v in grey.items()}
    image[4] = element(0x28, 4, b"CS", b"MONOCHROME2")
    data = (
        element(8, 0x16, b"UI", SECONDARY_CAPTURE)
        + element(8, 0x18, b"UI", uid + b".3")
        + element(8, 0x20, b"DA", b"20200901")
        + element(8, 0x60, b"CS", b"OT")
        + element(0x10, 0x10, b"PN", f"FICTIF^PATIENT{number}".encode())
        + element(0x10, 0x20, b"LO", f"FICTIF-{number}".encode())
        + element(0x20, 0xD, b"UI", uid)
        + element(0x20, 0xE, b"UI", uid + b".2")
        + element(0x20, 0x10, b"SH", str(number).encode())
        + b"".join(image[n] for n in sorted(image))
        + element(0x7FE0, 0x10, b"OW", bytes(range(SIDE)) * SIDE)
    )
    head = element(2, 0, b"UL", struct.pack("<I", len(meta)))
    return bytes(128) + b"DICM" + head + meta + data


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, int(sys.argv[2]) + 1):
        (folder / f"study-{number}.dcm").write_bytes(study(number))
