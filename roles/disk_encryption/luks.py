"""Headers of LUKS devices: who unlocks them, what a guess costs. Pure but for `ask`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from roles.disk_encryption.disks import SWAP
from socle.machine import programs
from socle.machine.blockdevices import Machine
from socle.machine.blocktree import Device, Printed
from socle.machine.sections import split
from socle.messages import Message, message

PROGRAM = programs.shell(Path(__file__).parent / "files/luks.sh")
SECONDS = 120  # listing an initramfs unpacks it
UNREADABLE = "cannot be read"


@dataclass(frozen=True)
class Slot:
    """A key slot that opens the data. ``memory``: KiB a guess takes; ``token``: who fills it in."""

    number: str
    kdf: str
    memory: int = 0
    token: str = ""

    @property
    def words(self) -> Message:
        """``slot 0 argon2id 64 MiB``."""
        if not self.memory:
            return message("slot {number} {kdf}", number=self.number, kdf=self.kdf)
        return message(
            "slot {number} {kdf} {mib} MiB",
            number=self.number,
            kdf=self.kdf,
            mib=self.memory >> 10,
        )


@dataclass(frozen=True)
class Header:
    """A LUKS header. ``epoch`` counts its changes; ``unattended``: tokens that ask nobody."""

    device: str
    version: int
    uuid: str
    epoch: int
    slots: tuple[Slot, ...]
    unattended: tuple[str, ...] = ()

    def weak_slots(self, kdfs: Iterable[str], memory_mib: int) -> list[Message]:
        """Slots that a guesser gets through too cheaply.

        A slot that a token fills holds a long random key: there is nothing to guess.
        """
        accepted = tuple(kdfs)
        return [
            slot.words
            for slot in self.slots
            if not slot.token
            and (
                slot.kdf not in accepted
                or (slot.kdf.startswith("argon2") and slot.memory < memory_mib << 10)
            )
        ]


@dataclass(frozen=True)
class KeyFile:
    """A key file that crypttab or the kernel's command line names; ``path`` without links."""

    mode: str
    user: str
    name: str
    path: str


@dataclass(frozen=True)
class Keys:
    """What one machine printed. ``exposed``: what looks like a key -> where it was found."""

    headers: tuple[Header, ...] = ()
    key_files: tuple[KeyFile, ...] = ()
    on_boot: tuple[str, ...] = ()
    in_initramfs: dict[str, list[str]] = field(default_factory=dict)


def ask(host: Any) -> Keys:
    """Ask a host once. Raises ValueError where its answer is incomplete."""
    return read(PROGRAM.run(host, timeout=SECONDS).stdout)


def read(text: str) -> Keys:
    """What ``luks.sh`` printed. Raises ValueError where it ends too early."""
    sections = split(text, "LUKS headers")
    devices = [name.removeprefix("text ") for name in sections if name.startswith("text ")]
    key_files = (line.split(" ", 3) for line in sections["keyfiles"].splitlines())
    return Keys(
        headers=tuple(header(d, sections[f"text {d}"], sections[f"json {d}"]) for d in devices),
        key_files=tuple(KeyFile(*words) for words in key_files),
        on_boot=tuple(sections["boot"].splitlines()),
        in_initramfs={
            name.removeprefix("initramfs "): found.splitlines()
            for name, found in sections.items()
            if name.startswith("initramfs ")
        },
    )


def devices(machine: Machine) -> list[str]:
    """LUKS devices that hold more than swap, USB disks left out."""
    printed = machine.printed
    return [
        device.path
        for device in printed.devices.values()
        if device.fstype == "crypto_LUKS"
        and not machine.stack.is_pluggable(device)
        and not _holds_only_swap(printed, device)
    ]


def without_header(machine: Machine) -> list[str]:
    """Mapped devices that encrypt more than swap, above no LUKS header that can be seen."""
    printed = machine.printed
    return [
        device.path
        for device in printed.devices.values()
        if any(target == "crypt" for target, _ in printed.tables.get(device.name, ()))
        and not any(_has_header(printed, parent) for parent in device.parents)
        and not _holds_only_swap(printed, device)
    ]


def header(device: str, text: str, metadata: str) -> Header:
    """A header from both forms of ``cryptsetup luksDump``; version 1 has no metadata."""
    said = dict(_pair(line) for line in text.splitlines() if not line.startswith("Key Slot"))
    version, epoch = int(said["Version"]), int(said.get("Epoch", "0"))
    if version == 1:
        slots = tuple(_slots_of_version_1(text))
        return Header(device, version, said["UUID"], epoch, slots)
    data = json.loads(metadata)
    tokens = list(data.get("tokens", {}).values())
    return Header(
        device,
        version,
        said["UUID"],
        epoch,
        tuple(_slots(data, tokens)),
        tuple(token["type"] for token in tokens if _asks_nobody(token)),
    )


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def _slots_of_version_1(text: str) -> Iterator[Slot]:
    for line in text.splitlines():
        name, state = _pair(line)
        if name.startswith("Key Slot") and state == "ENABLED":
            yield Slot(name.removeprefix("Key Slot "), "pbkdf2")


def _slots(data: dict[str, Any], tokens: list[dict[str, Any]]) -> Iterator[Slot]:
    """Slots whose key opens a segment: an unbound one lets nobody in."""
    opening = {
        slot
        for digest in data["digests"].values()
        if digest.get("segments")
        for slot in digest["keyslots"]
    }
    owners = {slot: token["type"] for token in tokens for slot in token.get("keyslots", [])}
    for number, slot in data["keyslots"].items():
        if slot["type"] == "luks2" and number in opening:
            kdf = slot["kdf"]
            owner = owners.get(number, "")
            token = owner if owner.startswith(("systemd-", "clevis")) else ""
            yield Slot(number, kdf["type"], int(kdf.get("memory", 0)), token)


def _asks_nobody(token: dict[str, Any]) -> bool:
    """Whether the token unlocks by itself: a TPM without PIN, clevis (TPM or a server)."""
    kind = token["type"]
    if kind == "systemd-tpm2":
        return not token.get("tpm2-pin", False)
    return bool(kind == "clevis")


def _has_header(printed: Printed, kname: str) -> bool:
    """Whether it is a LUKS device, or a helper of one that is being re-encrypted."""
    device = printed.devices[kname]
    return device.fstype == "crypto_LUKS" or (
        device.type == "crypt" and any(_has_header(printed, parent) for parent in device.parents)
    )


def _holds_only_swap(printed: Printed, device: Device) -> bool:
    above = [d for d in printed.devices.values() if device.kname in d.parents]
    if not above:
        return device.fstype in SWAP
    return all(_holds_only_swap(printed, other) for other in above)
