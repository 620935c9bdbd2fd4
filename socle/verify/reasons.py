"""Why a host cannot be asked, in one sentence the operator can act on."""

from __future__ import annotations

import re
from pathlib import Path

from socle import bounds
from socle.baseline.model import Host

CONNECT_TIMEOUT = 5  # seconds


def sentence(target: Host, said: str, *, ssh: bool = False) -> str:
    """``NAME (ADDRESS) cannot be asked: REASON``, from what ssh or the host's sudo said."""
    known_hosts = target.connection.known_hosts_file or "~/.ssh/known_hosts"
    place = f"{target.name} ({target.connection.address})"
    if ssh and "IDENTIFICATION HAS CHANGED" in said:
        return (
            f"host key of {place} is not the one in {known_hosts}: "
            "the machine was installed anew, or another one answers in its place"
        )
    if ssh and re.search(r"No \S+ host key is known|Host key verification failed", said):
        return (
            f"host key of {place} is not in {known_hosts}: "
            "add it there, once you have compared it with the machine's own"
        )
    reason = _from_ssh(target, said) if ssh else _from_sudo(target, said)
    return f"{place} cannot be asked: {reason}"


def locked(key: Path) -> bool:
    """Whether a private key can only be read with its passphrase."""
    try:
        tried = bounds.run(["ssh-keygen", "-y", "-P", "", "-f", str(key)], limit=CONNECT_TIMEOUT)
    except OSError:
        return False
    return tried.code != 0 and b"passphrase" in tried.stderr


def _from_ssh(target: Host, said: str) -> str:
    connection = target.connection
    port = f"on port {connection.port}"
    if "Permission denied" in said:
        key = f" with key {connection.key_file}" if connection.key_file else ""
        protected = " (its permissions are too open)" if "UNPROTECTED" in said else ""
        return f"it refuses {connection.user}{key}{protected}"
    if "Connection refused" in said:
        return f"connection refused {port}"
    if "timed out" in said:
        return f"no answer within {CONNECT_TIMEOUT} s {port}"
    if "Could not resolve hostname" in said:
        return "its name is not known to this computer's name resolution"
    return _last_line(said)


def _from_sudo(target: Host, said: str) -> str:
    last = _last_line(said)
    if last.startswith("sudo: "):
        return f"sudo refuses {target.connection.user}: {last.removeprefix('sudo: ')}"
    return last


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "it ended the command without a word"
