"""What is declared for this host: ``backup.json`` and ``backup-secrets.json``, read and checked."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from backup import paths
from backup.errors import BackupError

REPOSITORY_KINDS = ("server", "folder", "disk")
DATABASE_KINDS = ("postgresql", "mariadb", "sqlite", "orthanc")

T = TypeVar("T")


@dataclass(frozen=True)
class Database:
    """A database to dump before the backup. Files (sqlite, orthanc) have ``path``."""

    name: str
    kind: str
    database: str = ""
    path: str = ""


@dataclass(frozen=True)
class Repository:
    """A place for this host's snapshots."""

    name: str
    kind: str
    medium: str = ""
    place: str = ""
    online: bool = True
    address: str = ""
    port: int = 22
    user: str = "socle-backup"
    path: str = ""
    luks_uuid: str = ""
    serial: str = ""


@dataclass(frozen=True)
class Served:
    """A client's repository on this backup server. ``keep_within``: ``{"daily": "30d"}``."""

    client: str
    path: str
    keep_within: dict[str, str]


@dataclass(frozen=True)
class Config:
    """``/etc/socle/backup.json``. ``bandwidth_kib``: KiB/s of upload, 0 for no bound."""

    host: str
    folders: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    databases: tuple[Database, ...] = ()
    repositories: tuple[Repository, ...] = ()
    served: tuple[Served, ...] = ()
    bandwidth_kib: int = 0
    max_attached_hours: int = 12
    restore_sample_files: int = 20

    def online(self, names: tuple[str, ...] = ()) -> list[Repository]:
        """Those that need no hands, or those of ``names``. ``BackupError`` for an unknown one."""
        unknown = set(names) - {one.name for one in self.repositories}
        if unknown:
            known = ", ".join(one.name for one in self.repositories) or "none"
            raise BackupError(f"no repository {', '.join(sorted(unknown))} (declared: {known})")
        return [
            one
            for one in self.repositories
            if one.kind != "disk" and (one.name in names if names else one.online)
        ]

    def disk(self, name: str) -> Repository:
        """The offline disk of that name. ``BackupError`` if there is none."""
        for one in self.repositories:
            if one.name == name and one.kind == "disk":
                return one
        raise BackupError(f"no offline disk {name} is declared")


@dataclass(frozen=True)
class Secrets:
    """``/etc/socle/backup-secrets.json``. Its values never leave by argv, environment or log."""

    passwords: dict[str, str]
    luks: dict[str, str]

    def password(self, name: str) -> str:
        """The password of a repository. ``BackupError`` if there is none."""
        return self._one(self.passwords, name, "password")

    def key(self, disk: str) -> str:
        """The passphrase of an offline disk. ``BackupError`` if there is none."""
        return self._one(self.luks, disk, "LUKS passphrase")

    @staticmethod
    def _one(values: dict[str, str], name: str, what: str) -> str:
        if not values.get(name):
            raise BackupError(f"{paths.SECRETS}: no {what} for {name}")
        return values[name]

    def __repr__(self) -> str:
        """Nothing of the values, whoever prints it."""
        return "Secrets(…)"


def load(path: Path = paths.CONFIG) -> Config:
    """Read the declaration. ``BackupError`` names the file and what is wrong in it."""
    data = _read(path)
    for name, kind in (("databases", Database), ("repositories", Repository), ("served", Served)):
        data[name] = tuple(_build(path, name, kind, entry) for entry in data.get(name, []))
    for name in ("folders", "excludes"):
        data[name] = tuple(data.get(name, ()))
    config = _build(path, "the file", Config, data)
    _check(path, config)
    return config


def secrets(path: Path = paths.SECRETS) -> Secrets:
    """Read the secrets. ``BackupError`` when others than root may read them."""
    data = _read(path)
    if path.stat().st_mode & 0o077:
        raise BackupError(f"{path}: others than its owner may read it; chmod 600")
    return _build(path, "the file", Secrets, {"passwords": {}, "luks": {}, **data})


def _check(path: Path, config: Config) -> None:
    for repository in config.repositories:
        needs = {"server": "address", "folder": "path", "disk": "luks_uuid"}
        if repository.kind not in needs:
            raise BackupError(f"{path}: repository {repository.name}: kind {repository.kind!r}")
        if not getattr(repository, needs[repository.kind]):
            raise BackupError(f"{path}: repository {repository.name}: no {needs[repository.kind]}")
    for database in config.databases:
        if database.kind not in DATABASE_KINDS:
            raise BackupError(f"{path}: database {database.name}: kind {database.kind!r}")
    relative = [one for one in config.folders if not one.startswith("/")]
    if relative:
        raise BackupError(f"{path}: not an absolute folder: {relative[0]}")


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise BackupError(f"{path}: not JSON: {type(error).__name__}") from None
    if not isinstance(data, dict):
        raise BackupError(f"{path}: expected an object")
    return data


def _build(path: Path, where: str, kind: type[T], data: dict[str, Any]) -> T:
    """The dataclass from a JSON object; keys of a newer Socle are ignored."""
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    try:
        return kind(**{key: value for key, value in data.items() if key in known})
    except (TypeError, AttributeError):
        raise BackupError(f"{path}: {where}: a needed value is missing") from None
