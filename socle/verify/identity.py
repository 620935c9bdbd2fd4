"""Which machine answered: its system, its machine-id and its SSH host keys."""

from __future__ import annotations

import base64
import hashlib
import shlex
from contextlib import suppress
from dataclasses import dataclass

from socle.baseline.releases import system_of
from socle.machine.sections import split

COMMAND = (
    "echo '== os'; cat /etc/os-release 2>/dev/null; echo; "
    "echo '== machine'; cat /etc/machine-id 2>/dev/null; "
    "echo '== keys'; cat /etc/ssh/ssh_host_*_key.pub 2>/dev/null; echo '== end'"
)
LONGEST_NAME = 100  # characters
LONGEST_LINE = 1000  # characters of a line of os-release or of a key that are read
MOST_KEYS = 20
_MACHINE_ID = "socle machine"  # the id itself stays on the machine: systemd calls it confidential


@dataclass(frozen=True)
class Identity:
    """``machine``: SHA-256 of the machine-id, salted; ``host_keys``: as ``ssh-keygen -l`` has.

    ``machine_id`` itself is compared with what the practice knows, and written nowhere.
    """

    os_name: str | None = None
    system: str | None = None  # ID of /etc/os-release
    machine: str | None = None
    host_keys: tuple[str, ...] = ()
    machine_id: str | None = None


def read(answer: str) -> Identity:
    """The identity out of the answer to `COMMAND`; what is missing is left out."""
    try:
        sections = split(answer, "the machine's identity")
    except ValueError:
        return Identity()
    machine = sections.get("machine", "").strip()
    hashed = hashlib.sha256(f"{_MACHINE_ID} {machine}".encode()).hexdigest() if machine else None
    lines = sections.get("keys", "").splitlines()[:MOST_KEYS]
    keys = (line[:LONGEST_LINE].split() for line in lines)
    found = sorted(_fingerprint(words[1]) for words in keys if len(words) > 1)
    os_release = sections.get("os", "")
    return Identity(
        os_name=_pretty_name(os_release),
        system=system_of(os_release),
        machine=hashed,
        host_keys=tuple(found),
        machine_id=machine or None,
    )


def _fingerprint(key: str) -> str:
    try:
        digest = hashlib.sha256(base64.b64decode(key)).digest()
    except ValueError:
        return "unreadable"
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def _pretty_name(os_release: str) -> str | None:
    for line in os_release.splitlines():
        key, _, value = line.partition("=")
        if key == "PRETTY_NAME":
            with suppress(ValueError):  # no closing quotation
                return " ".join(shlex.split(value[:LONGEST_LINE]))[:LONGEST_NAME] or None
    return None
