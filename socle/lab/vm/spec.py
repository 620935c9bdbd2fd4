"""The words of a virtual machine: what it is made of, and where its files are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from socle.lab.errors import LabError

OPERATOR = "10.0.2.2"
"""The address from which the machine sees this computer's SSH connections come."""

ADDRESS = "10.0.2.15"
"""The machine's own address, on a network that nobody else is on."""

NAME_SERVER = "10.0.2.3"
"""QEMU answers names there, as this computer resolves them."""

ADMINISTRATOR = "adm-socle"

PASSPHRASE = "une phrase de passe pour le banc"  # noqa: S105
"""Unlocks the encrypted root of every virtual machine: it protects nothing."""

RECOVERY = "une autre, dans une enveloppe"
"""The encrypted root's second key, for recovery."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,18}")  # also a disk's serial number, 20 characters at most
_MOST_DISKS = 8


@dataclass(frozen=True)
class VirtualMachine:
    """A computer to emulate.

    ``folder`` receives keys, disks, sockets and the console log. ``memory`` is in MiB. ``disks``
    are blank, name -> size in MiB: ``/dev/vdb``, ``/dev/vdc``… in that order, also found under
    ``/dev/disk/by-id/virtio-NAME``. ``encrypted``: the root is LUKS2 (else plain ext4).
    """

    name: str
    folder: Path
    memory: int = 1024
    encrypted: bool = True
    disks: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make ``folder`` absolute; raise ``LabError`` for what QEMU or the image would refuse."""
        object.__setattr__(self, "folder", self.folder.resolve())
        for name in (self.name, *self.disks):
            if not _NAME.fullmatch(name):
                raise LabError(f"{name!r}: expected at most 19 of a-z, 0-9, -")
        if len(self.disks) > _MOST_DISKS:
            raise LabError(f"machine {self.name}: at most {_MOST_DISKS} disks")

    @property
    def tag(self) -> str:
        """What marks the processes as this machine's: ten hex digits."""
        return hashlib.sha256(f"vm\0{self.name}\0{self.folder}".encode()).hexdigest()[:10]

    @property
    def administrator(self) -> str:
        """The account that comes in by key and becomes root by sudo."""
        return ADMINISTRATOR

    @property
    def key_file(self) -> Path:
        """The administrator's private key (and root's)."""
        return self.folder / "id_ed25519"

    @property
    def host_key(self) -> Path:
        """The machine's private host key."""
        return self.folder / "host_key"

    @property
    def known_hosts(self) -> Path:
        """The host key, under the forwarded address and port."""
        return self.folder / "known_hosts"

    @property
    def console_log(self) -> Path:
        """What the machine said on its serial console, over all its boots."""
        return self.folder / "console.log"

    @property
    def port(self) -> int:
        """The port of 127.0.0.1 that leads to its sshd. ``LabError`` when it was not started."""
        try:
            return int((self.folder / "port").read_text())
        except FileNotFoundError as error:
            raise LabError(f"virtual machine {self.name} was not started") from error
