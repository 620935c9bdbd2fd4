"""Both sides of every copy: what a machine sends where, and what a server keeps for others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from ipaddress import ip_address
from typing import Any

from roles.backup.access import key_pair
from roles.backup.repositories import ACCOUNT, Repository
from socle.baseline.flows import Need, literals
from socle.baseline.known_hosts import entry_name, host_keys
from socle.baseline.model import Host, Practice
from socle.baseline.settings import MASK, BadSetting
from socle.baseline.windows import DAYS, Window, contains


@dataclass(frozen=True)
class Target:
    """One repository of a host as the program there wants it, with the server's host keys."""

    data: Mapping[str, Any]
    known_hosts: tuple[str, ...] = ()
    problem: BadSetting | None = None


@dataclass(frozen=True)
class Served:
    """A client that keeps copies on a server of the practice."""

    client: Host
    repository: Repository

    @property
    def password(self) -> str | None:
        """What opens the copies; None while nobody has made it."""
        found: str | None = self.client.settings["backup_passwords"].get(self.repository.name)
        return found


def repositories_of(host: Host) -> list[Repository]:
    """Where the data of ``host`` go; a disk belongs to the machine that it is plugged into."""
    settings = host.settings
    declared = (
        Repository.model_validate_json(json.dumps(entry))
        for entry in settings.get("backup_repositories", ())
    )
    has_data = bool(settings.get("backup_folders"))
    return [one for one in declared if one.used_by(host) and (has_data or one.kind == "disk")]


def elsewhere(repository: Repository, host: Host) -> bool:
    """Whether copies there outlive the machine itself; a folder may be a share that is mounted."""
    server = (repository.server or "").casefold().rstrip(".")
    own = {host.name, "localhost", host.connection.address.casefold(), *host.addresses}
    return repository.kind != "server" or (server not in own and not _loopback(server))


def _loopback(server: str) -> bool:
    return any(ip_address(one).is_loopback for one in literals(server))


def needs_password(repository: Repository, host: Host) -> bool:
    """Whether ``host`` opens copies of its own there; on a disk, clients' keep the clients'."""
    return repository.kind != "disk" or bool(host.settings.get("backup_folders"))


def target(repository: Repository, practice: Practice) -> Target:
    """The repository with addresses in place of names."""
    shown = repository.model_dump(mode="json", include={"name", "kind", "medium", "place"})
    shown["online"] = repository.kind != "disk"
    if repository.kind == "folder":
        return Target(shown | {"path": repository.path})
    if repository.kind == "disk":
        identity = {"luks_uuid": repository.luks_uuid, "serial": repository.serial or ""}
        return Target(shown | identity)
    address, port, user = repository.server or "", repository.port, repository.user
    keys, problem = [repository.host_key or ""], None
    managed = practice.hosts.get(address)
    if managed is not None:
        address = managed.addresses[0] if managed.addresses else managed.connection.address
        port, user, keys = managed.connection.port, ACCOUNT, host_keys(managed.connection)
    elif repository.host_key is None:
        wanted = f"a host of {practice.name}, or the key host_key of that server"
        problem = BadSetting(("repositories", repository.name, "server"), wanted, address)
    lines = tuple(f"{entry_name(address, port)} {key}" for key in keys)
    return Target(shown | {"address": address, "port": port, "user": user}, lines, problem)


def whereabouts(shown: Mapping[str, Any]) -> str:
    """What the data of a `Target` say of where the copies lie, in a few words."""
    if shown["kind"] == "server":
        return f"server {shown['address']}"
    return f"folder {shown['path']}" if shown["kind"] == "folder" else f"disk {shown['luks_uuid']}"


def served_by(server: Host, practice: Practice) -> list[Served]:
    """Who keeps copies on ``server``."""
    return [
        Served(client, repository)
        for client in practice.hosts.values()
        for repository in repositories_of(client)
        if repository.server == server.name
    ]


def flows_out(host: Host, practice: Practice) -> Iterator[Need]:
    """The flow to each server that takes copies of ``host``."""
    for repository in repositories_of(host):
        if repository.kind == "server":
            found = target(repository, practice).data
            yield Need(
                setting=("repositories", repository.name),
                name=f"sauvegarde-vers-{_word(repository.server)}",
                direction="out",
                port=found["port"],
                peer=repository.server or "",
                addresses=literals(found["address"]),
                purpose=f"Sauvegarde chiffrée vers {repository.server}",
            )


def flows_in(host: Host, practice: Practice) -> Iterator[Need]:
    """The flow from each client whose copies ``host`` keeps, in the family that clients use."""
    families = {":" in address for address in host.addresses[:1]}
    for served in served_by(host, practice):
        addresses = tuple(one for one in served.client.addresses if (":" in one) in families)
        yield Need(
            setting=("repositories", served.repository.name),
            name=f"sauvegarde-sur-{_word(host.name)}",
            direction="in",
            port=host.connection.port,
            peer=served.client.name,
            addresses=addresses or served.client.addresses,
            purpose="Sauvegarde chiffrée, depuis les machines du cabinet",
        )


def _word(text: str | None) -> str:
    """``text`` as part of a flow's name: lower-case words joined by hyphens."""
    return "-".join(re.findall(r"[a-z0-9]+", (text or "").lower()))


def access_key(host: Host) -> tuple[str, str] | None:
    """The host's key pair for the backup servers; None while a password is missing.

    It follows from all passwords that the host has there: a server that knows its own, to remove
    old copies, cannot reach the other server with it.
    """
    names = sorted(one.name for one in repositories_of(host) if one.kind == "server")
    passwords = host.settings["backup_passwords"]
    if not names or any(name not in passwords for name in names):
        return None
    joined = "\n".join(f"{name} {passwords[name]}" for name in names)
    return key_pair(joined, f"socle backup {host.name}")


def shared_passwords(host: Host, practice: Practice) -> Iterator[BadSetting]:
    """A password that stands twice: who learns it in one place opens the other one too."""
    others = {
        password: other.name
        for other in practice.hosts.values()
        if other.name != host.name
        for password in other.settings.get("backup_passwords", {}).values()
    }
    for name, password in host.settings["backup_passwords"].items():
        if password in others:
            wanted = f"a password of its own: {others[password]} has the same"
            yield BadSetting(("passwords", name), wanted, MASK)
        others[password] = f"another repository of {host.name}"


def collisions(prune: Sequence[str], served: Sequence[Served]) -> Iterator[BadSetting]:
    """Old copies cannot be removed while a client is adding new ones. ``prune``: OnCalendar."""
    for client in {one.client.name: one.client for one in served}.values():
        windows = [Window(**window) for window in client.settings["backup_windows"]]
        if any(contains(windows, moment) for line in prune for moment in _moments(line)):
            wanted = f"windows outside those in which {client.name} copies"
            yield BadSetting(("maintenance_windows",), wanted)


def _moments(line: str) -> Iterator[datetime]:
    days, _, clock = line.split(" ")
    for name in days.split(","):
        day = date(2024, 1, 1 + DAYS.index(name.lower()))  # 1 January 2024 was a Monday
        yield datetime.combine(day, time.fromisoformat(clock))
