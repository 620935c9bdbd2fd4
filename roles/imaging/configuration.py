"""Orthanc's configuration without anything that is secret or names a person."""

from __future__ import annotations

import re
from typing import Any

# Read by the program that writes it on the host: one reader of what Orthanc reads.
from roles.imaging.files.usr.local.lib.socle.imaging.errors import Trouble
from roles.imaging.files.usr.local.lib.socle.imaging.jsonc import members
from socle.evidence.redaction import MASK

_ACCOUNTS = "RegisteredUsers"
_OPEN = frozenset(
    {
        "DicomAet",
        "DicomModalities",
        "HttpBindAddresses",
        "IndexDirectory",
        "Plugins",
        "StorageDirectory",
        "TemporaryDirectory",
    }
)
"""Settings whose texts are paths, addresses and AE titles."""
_SECRET = re.compile(r"passw|secret|token|key|pin|credential", re.IGNORECASE)


def configuration(text: str) -> dict[str, Any] | None:
    """One file of it, as Orthanc reads it. None: it is no such file."""
    try:
        return {one.key: one.value for one in members(text)}
    except Trouble:
        return None


def masked(configuration: dict[str, Any]) -> dict[str, Any]:
    """Switches and numbers as they are; of texts only those that cannot be secret."""
    return {name: _masked(name, value) for name, value in configuration.items()}


def _masked(name: str, value: Any) -> Any:
    if name == _ACCOUNTS:
        return f"{len(value)} accounts" if isinstance(value, dict) else MASK
    if name in _OPEN or isinstance(value, bool) or value is None:
        return value
    if isinstance(value, dict):
        return {key: _masked(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(name, item) for item in value]
    return MASK if isinstance(value, str) or _SECRET.search(name) else value
