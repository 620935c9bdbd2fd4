"""Backup repositories as a practice declares them: where the copies of its machines' data are."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from socle.baseline.settings import matching
from socle.baseline.types import HostKey, Kebab, Path, Port

if TYPE_CHECKING:
    from socle.baseline.model import Host

ACCOUNT = "socle-backup"
"""The account on a backup server that only stores what clients send."""
OWN = "practice"
"""``held_by`` of a copy that the practice holds itself."""
_NEEDS = {"server": "server", "folder": "path", "disk": "luks_uuid"}
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Database(BaseModel):
    """A database that is written to a file before each copy: its own files are never consistent."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )

    name: Kebab
    """Stable name; the dump is called so."""
    kind: Literal["postgresql", "mariadb", "sqlite", "orthanc"]
    """Which program makes the dump."""
    database: Annotated[str, matching(r"[A-Za-z0-9_.-]+", "the database's name")] | None = None
    """Its name, for postgresql and mariadb."""
    path: Path | None = None
    """The file (sqlite), or the folder of the index (orthanc)."""

    @model_validator(mode="after")
    def _complete(self) -> Database:
        needed = "database" if self.kind in {"postgresql", "mariadb"} else "path"
        if getattr(self, needed) is None:
            raise ValueError(f"the key {needed}, which a database of kind {self.kind} has")
        return self


class HdsCertificate(BaseModel):
    """The certificate that a third party needs to hold health data (CSP L.1111-8)."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )

    reference: Annotated[str, Field(min_length=3)]
    """Number of the certificate, as it stands on it."""
    until: date
    """Last day of its validity."""
    eea: Literal[True]
    """The data stay in the European Economic Area."""


class Repository(BaseModel):
    """One place that keeps encrypted copies of the machines' data."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )

    name: Kebab
    """Stable name; layers merge repositories by it, passwords are kept under it."""
    kind: Literal["server", "folder", "disk"]
    """server: over SSH, append only; folder: a mounted path; disk: offline, LUKS, plugged in."""
    hosts: Annotated[list[str], Field(min_length=1)] = ["all"]
    """Hosts or groups whose data go there; for a disk, the machine that it is plugged into."""
    medium: Kebab
    """What keeps the bytes: disk, usb-disk, nas, tape."""
    place: Literal["on-site", "off-site"]
    """Whether a fire in the practice destroys it too."""
    server: (
        Annotated[str, matching(r"[A-Za-z0-9:][A-Za-z0-9.:_-]*", "a host or address")] | None
    ) = None
    """A host of this practice, or the address of a server that Socle does not manage."""
    port: Port = 22
    """Port of SSH there, if Socle does not manage it."""
    user: Annotated[str, matching(r"[A-Za-z_][A-Za-z0-9._-]*", "an account's name")] = ACCOUNT
    """Account there, if Socle does not manage it."""
    host_key: HostKey | None = None
    """The server's host key, if Socle does not manage it."""
    server_prunes: bool = True
    """Whether the server removes old copies; for that it knows the password."""
    path: Path | None = None
    """The folder."""
    luks_uuid: (
        Annotated[str, matching(_UUID, "the UUID that cryptsetup luksUUID prints")] | None
    ) = None
    """The disk's identity."""
    serial: Annotated[str, matching(r"[!-~]{1,64}", "the disk's serial number")] | None = None
    """The disk's serial number, as lsblk --output SERIAL prints it."""
    held_by: Annotated[str, Field(min_length=2)] | None = None
    """Who holds an off-site server: "practice", or the provider's name."""
    hds: HdsCertificate | None = None
    """The provider's certificate for health data."""

    @model_validator(mode="after")
    def _complete(self) -> Repository:
        needed = _NEEDS[self.kind]
        if getattr(self, needed) is None:
            raise ValueError(f"the key {needed}, which a repository of kind {self.kind} has")
        if self.kind == "server" and self.place == "off-site" and self.held_by is None:
            raise ValueError(f'the key held_by: "{OWN}", or the name of the provider')
        if self.held_by not in {None, OWN} and self.hds is None:
            raise ValueError(
                "the key hds with reference, until and eea: a third party may hold health data "
                "only with an HDS certificate (CSP L.1111-8)"
            )
        return self

    def used_by(self, host: Host) -> bool:
        """Whether the data of ``host`` go there."""
        return any(word == host.name or word in host.groups for word in self.hosts)
