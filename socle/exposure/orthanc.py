"""Orthanc's configuration without anything that is secret or names a person."""

from __future__ import annotations

import json
import re
from typing import Any

from socle.evidence.redaction import MASK

STORAGE = "/var/lib/orthanc/db-v6"
"""Debian's, where the configuration names no other."""
# Strings in quotes are matched first, so that "http://…" is no comment.
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
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
    """One file of it: JSON with comments. None: it is no such file."""
    try:
        found = json.loads(_COMMENT.sub(lambda match: match[1] or " ", text))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


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
