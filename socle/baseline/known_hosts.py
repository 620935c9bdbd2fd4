"""Host keys that the operator has accepted: the practice's ``known_hosts``, else one's own."""

from __future__ import annotations

import base64
import hmac
from pathlib import Path

from socle.baseline.model import Connection

_DEFAULT_PORT = 22
_FIELDS = 3  # names, kind of key, key


def host_keys(connection: Connection) -> list[str]:
    """The keys ("ssh-ed25519 AAAA…") under which a host is known; empty when it is not."""
    file = connection.known_hosts_file or Path("~/.ssh/known_hosts").expanduser()
    name = entry_name(connection.address, connection.port)
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    entries = (line.split() for line in lines if line and line[0] not in "#@")
    found = (e for e in entries if len(e) >= _FIELDS and _names(e[0], name))
    return sorted({f"{kind} {key}" for _, kind, key, *_ in found})


def entry_name(address: str, port: int) -> str:
    """What a server is called in ``known_hosts``."""
    return address if port == _DEFAULT_PORT else f"[{address}]:{port}"


def _names(field: str, name: str) -> bool:
    if not field.startswith("|1|"):
        return name in field.split(",")
    _, _, salt, digest = field.split("|")
    return hmac.digest(base64.b64decode(salt), name.encode(), "sha1") == base64.b64decode(digest)
