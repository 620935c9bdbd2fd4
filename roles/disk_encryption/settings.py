"""Settings of the disk_encryption room: what must be encrypted, and how it may be unlocked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from socle.baseline.settings import (
    RoomSettings,
    keyed,
    matching,
    neutral,
    patient_data,
    secret,
    stricter,
)
from socle.baseline.types import PastDay

Folder = Annotated[
    str,
    matching(r"/[^\s'\"$`\\]+", 'an absolute path without spaces such as "/srv/images"'),
]
Hash = Annotated[
    str,
    matching(
        r"grub\.pbkdf2\.sha512\.[1-9][0-9]{4,}\.[0-9A-F]{32,}\.[0-9A-F]{64,}",
        "what grub-mkpasswd-pbkdf2 printed, from grub.pbkdf2.sha512 on",
    ),
]


class HeaderBackup(BaseModel):
    """A copy of a LUKS header: without it a damaged header means that all data are lost."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )

    uuid: Annotated[str, matching(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "a LUKS UUID")]
    """Which LUKS device: cryptsetup luksUUID DEVICE."""
    date: PastDay
    """When the copy was made."""
    kept_at: Annotated[str, Field(min_length=3)]
    """Where it is kept, off the machine and encrypted: in words that the doctor understands."""
    epoch: Annotated[int, Field(ge=1)] | None = None
    """"Epoch" of cryptsetup luksDump at that moment; if given, a header changed since is seen."""


class DiskEncryption(RoomSettings):
    """Encrypted disks and swap, keys under control, a protected start. Disks are never changed."""

    data_dirs: Annotated[list[Folder], stricter("superset"), patient_data()] = []
    """Folders with data besides / /home /var /srv /opt, wherever they are mounted from."""

    luks_version: Annotated[int, Field(ge=1, le=2), stricter("higher")] = 2
    """Oldest accepted version of LUKS headers."""

    kdfs: Annotated[
        list[Literal["argon2id", "argon2i", "pbkdf2"]], Field(min_length=1), stricter("subset")
    ] = ["argon2id"]
    """Accepted key derivations of passphrases."""

    kdf_memory_mib: Annotated[int, Field(ge=8, le=4096), stricter("higher")] = 64
    """Least memory, in MiB, that one guess of an argon2 passphrase takes."""

    key_slots: Annotated[int, Field(ge=1, le=32), stricter("higher")] = 2
    """Fewest key slots a device: the user's passphrase and a recovery key."""

    unattended_unlock: Annotated[bool, stricter("false")] = False
    """Whether disks may unlock without a person: TPM without PIN, network, key on a USB stick."""

    header_backups: Annotated[list[HeaderBackup], keyed("uuid")] = []
    """Copies of LUKS headers that were made; layers add to them by UUID."""

    header_backup_days: Annotated[int, Field(ge=1, le=3650), stricter("lower")] = 366
    """Oldest accepted copy of a LUKS header, in days."""

    hibernation: Annotated[bool, stricter("false")] = False
    """Whether the machine may write its memory to swap; needs swap below LUKS with a kept key."""

    grub_user: Annotated[str, matching(r"[a-z][a-z0-9-]{0,31}", "a short name"), neutral()] = (
        "socle"
    )
    """GRUB's own account that may edit the start menu."""

    grub_password_hash: Annotated[Hash | None, secret(), neutral()] = None
    """Hash of GRUB's password (grub-mkpasswd-pbkdf2); without it the start menu stays open."""

    secure_boot: Annotated[bool, stricter("true")] = True
    """Whether a machine with UEFI has Secure Boot on."""

    @classmethod
    def keeps(cls, settings: Mapping[str, Any]) -> Iterable[str]:
        """What swap and the start menu are protected by."""
        if not settings["disk_encryption_hibernation"]:
            yield "no hibernation"
        if settings["disk_encryption_grub_password_hash"]:
            yield "password of the start menu"
