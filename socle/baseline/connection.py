"""How the operator reaches a host: the few ``ansible_*`` variables that a practice may set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from socle.baseline.model import Connection
from socle.baseline.settings import RoomSettings, matching, neutral, secret
from socle.baseline.types import Port

# Nothing that ssh could take for an option or a shell for a word of its own.
_HOST = r"[A-Za-z0-9:][A-Za-z0-9.:%_-]*"
_USER = r"[A-Za-z_][A-Za-z0-9._-]*"


def _address(text: str) -> str:
    """An IP literal in its usual spelling."""
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("an IP address without prefix length") from None


def _reachable(text: str) -> str:
    """An address or a name; digits and dots that are no address would be read as another one."""
    if re.fullmatch(r"[0-9.]+", text):
        try:
            ip_address(text)
        except ValueError:
            raise ValueError("an IP address (no zero before a number) or a host name") from None
    return text


class ConnectionSettings(RoomSettings):
    """Connection variables; every layer of a practice may set them, the region may not."""

    ansible_host: Annotated[
        Annotated[str, matching(_HOST, "an IP address or a host name"), AfterValidator(_reachable)]
        | None,
        neutral(),
    ] = None
    """Where the host answers; its name in hosts.yml when not set."""
    ansible_port: Annotated[Port, neutral()] = 22
    """Port of the SSH server."""
    ansible_user: Annotated[str, matching(_USER, "a user name"), neutral()] = "root"
    """Account that the operator logs in with."""
    ansible_connection: Annotated[Literal["ssh", "local"], neutral()] = "ssh"
    """local: this very computer."""
    ansible_ssh_private_key_file: Annotated[
        Annotated[str, Field(min_length=1)] | None, neutral()
    ] = None
    """Private key; relative to the checkout, or below ~."""
    ansible_become_password: Annotated[str | None, secret(), neutral()] = None
    """Password for sudo, in secrets.yml."""
    socle_addresses: Annotated[list[Annotated[str, AfterValidator(_address)]] | None, neutral()] = (
        None
    )
    """All IP addresses of the host; ansible_host when not set."""


def addresses(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The host's IP literals, from its connection variables."""
    if settings["socle_addresses"] is not None:
        return tuple(settings["socle_addresses"])
    try:
        return (_address(settings["ansible_host"] or ""),)
    except ValueError:
        return ()


def connection(name: str, settings: Mapping[str, Any], root: Path, folder: Path) -> Connection:
    """How to reach the host ``name`` of the practice ``folder``."""
    method = settings["ansible_connection"]
    user = settings["ansible_user"]
    key = settings["ansible_ssh_private_key_file"]
    known_hosts = folder / "known_hosts"
    return Connection(
        method=method,
        address=settings["ansible_host"] or name,
        port=settings["ansible_port"],
        user=user,
        key_file=root / Path(key).expanduser() if key else None,
        known_hosts_file=known_hosts if known_hosts.is_file() else None,
        become=method == "ssh" and user != "root",
        become_password=settings["ansible_become_password"],
    )


def needs_agent(key: Path) -> str:
    """Why a private key with a passphrase is of no use without a terminal, and what to do."""
    return f"its key {key} has a passphrase and is not in ssh-agent: ssh-add {key}"
