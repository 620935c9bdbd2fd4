"""What the answers of an imaging server are worth: its certificate, its devices, its disks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from socle.machine.blockdevices import Machine
from socle.machine.blockstack import Encryption
from socle.messages import message
from socle.verify.checks import AGAIN, expect, unknown

DAY = 86400  # seconds
LONGEST_DAYS = 3 * 366


def expect_certificate(where: str, said: str, now: int, days: int) -> None:
    """A certificate that holds for more than ``days``; ``said``: as ``files/web_tries.py`` says.

    ``now``: seconds since 1970.
    """
    start, _, end = said.partition("/")
    good = start.isdigit() and end.isdigit()
    left = (int(end) - now) // DAY if good else 0
    length = (int(end) - int(start)) // DAY if good else 0
    expect(
        good and left > days and length <= LONGEST_DAYS,
        seen=message("{place}: {left} days left of {length}", place=where, left=left, length=length)
        if good
        else message("{place}: {said}", place=where, said=said),
        wanted=message(
            "a certificate of the declared authority for this address, more than {days} days "
            "before its end, made for {longest} days at most",
            days=days,
            longest=LONGEST_DAYS,
        ),
        fix=message("{again}; a given certificate: put the new one in its file first", again=AGAIN),
    )


def expect_modalities(live: Mapping[str, Any], declared: Mapping[str, Mapping[str, Any]]) -> None:
    """What Orthanc holds in memory is what is declared, permission by permission."""
    strange = sorted(live.keys() - declared.keys())
    expect(
        not strange,
        seen=message(
            "devices that are not declared: {devices}", devices=strange or message("none")
        ),
        wanted="only the devices of imaging_modalities",
        fix="declare it in imaging_modalities, with its flow; or remove it from DicomModalities in "
        "/etc/orthanc and deploy again",
    )
    wrong = [
        f"{name}: {key} {live.get(name, {}).get(key)}"
        for name, one in declared.items()
        for key, value in one.items()
        if name not in live or live[name].get(key, value) != value
    ]
    expect(
        not wrong,
        seen=message(
            "{n} devices; {differences}",
            n=len(live),
            differences=wrong or message("each as declared"),
        ),
        wanted="addresses and permissions as declared",
        fix=AGAIN,
    )


def expect_encrypted(machine: Machine, folders: Sequence[str]) -> None:
    """An encrypting layer on each way from the folders down to a disk.

    Raises Unknown in a container, and where a layer is not known.
    """
    if machine.container:
        unknown(
            message(
                "a container ({kind}) has no disks of its own: verify its computer",
                kind=machine.container,
            )
        )
    found = {
        folder: min(
            (branch.encryption for branch in machine.stack.path(folder)), key=list(Encryption).index
        )
        for folder in folders
    }
    plain = [folder for folder, encryption in found.items() if encryption is Encryption.PLAIN]
    expect(
        not plain,
        seen=message(
            "{folders}",
            folders=[
                message("{folder}: {encryption}", folder=folder, encryption=encryption.words)
                for folder, encryption in found.items()
            ],
        ),
        wanted="images, index and temporary files on encrypted disks",
        fix="what lies there moves to an encrypted disk: docs/fr/chiffrement-des-disques.md",
    )
    unsure = [
        folder
        for folder, encryption in found.items()
        if encryption not in (Encryption.CRYPT, Encryption.MEMORY)
    ]
    if unsure:
        unknown(message("what lies below {folders} cannot be told", folders=unsure))
