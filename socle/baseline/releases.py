"""The systems that the rooms are written for. Which releases are still supported, a check says."""

from __future__ import annotations

import shlex

SYSTEMS = ("debian",)
"""``ID`` in /etc/os-release (os-release(5))."""
_LONGEST = 100  # characters of an ID that are read


def refused(system: str) -> str | None:
    """Why a host with this ``ID`` is left out; None where it is not."""
    if system in SYSTEMS:
        return None
    return f"its system is {system or 'unknown'}: Socle knows {', '.join(SYSTEMS)} alone"


def system_of(os_release: str) -> str:
    """The ``ID`` in the text of /etc/os-release; empty where there is none."""
    for line in os_release.splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "ID":
            return " ".join(_words(value))
    return ""


def _words(value: str) -> list[str]:
    try:
        return shlex.split(value[:_LONGEST])
    except ValueError:
        return []
