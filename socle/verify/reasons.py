"""Why a host cannot be asked, in one sentence the operator can act on."""

from __future__ import annotations

import re
from pathlib import Path

from socle import bounds
from socle.baseline.model import Connection, Host
from socle.errors import short
from socle.messages import Message, message, verbatim

CONNECT_TIMEOUT = 5  # seconds


def cannot(target: Host, reason: Message) -> Message:
    """``NAME (ADDRESS) cannot be asked: REASON``."""
    return message(
        "{name} ({address}) cannot be asked: {reason}",
        name=target.name,
        address=target.connection.address,
        reason=reason,
    )


def sentence(target: Host, said: str, *, ssh: bool = False) -> Message:
    """The same, from what ssh or the host's sudo said."""
    place = {
        "name": target.name,
        "address": target.connection.address,
        "file": target.connection.known_hosts_file or "~/.ssh/known_hosts",
    }
    if ssh and "IDENTIFICATION HAS CHANGED" in said:
        return message(
            "host key of {name} ({address}) is not the one in {file}: "
            "the machine was installed anew, or another one answers in its place. Once you know "
            "which, replace its line there; then: socle machine accept {practice} {name}",
            practice=_practice(target),
            **place,
        )
    if ssh and re.search(r"No \S+ host key is known|Host key verification failed", said):
        return message(
            "host key of {name} ({address}) is not in {file}: "
            "add it there, once you have compared it with the machine's own",
            **place,
        )
    return cannot(target, _from_ssh(target, said) if ssh else _from_sudo(target, said))


def locked(key: Path) -> bool:
    """Whether a private key can only be read with its passphrase."""
    try:
        tried = bounds.run(["ssh-keygen", "-y", "-P", "", "-f", str(key)], limit=CONNECT_TIMEOUT)
    except OSError:
        return False
    return tried.code != 0 and b"passphrase" in tried.stderr


def _practice(target: Host) -> str:
    """The folder of its practice, where the host keys lie in it."""
    file = target.connection.known_hosts_file
    return "PRACTICE" if file is None else short(file.parent)


def _from_ssh(target: Host, said: str) -> Message:
    connection = target.connection
    if "Permission denied" in said:
        return _refused(connection, unprotected="UNPROTECTED" in said)
    if "Connection refused" in said:
        return message("connection refused on port {port}", port=connection.port)
    if "timed out" in said:
        return message(
            "no answer within {seconds} s on port {port}",
            seconds=CONNECT_TIMEOUT,
            port=connection.port,
        )
    if "Could not resolve hostname" in said:
        return Message("its name is not known to this computer's name resolution")
    return _ended(_last_line(said))


def _refused(connection: Connection, *, unprotected: bool) -> Message:
    user, key = connection.user, connection.key_file
    if key and unprotected:
        return message(
            "it refuses {user} with key {key} (its permissions are too open)", user=user, key=key
        )
    if key:
        return message("it refuses {user} with key {key}", user=user, key=key)
    if unprotected:
        return message("it refuses {user} (its permissions are too open)", user=user)
    return message("it refuses {user}", user=user)


def _from_sudo(target: Host, said: str) -> Message:
    last = _last_line(said)
    if last.startswith("sudo: "):
        return message(
            "sudo refuses {user}: {said}",
            user=target.connection.user,
            said=last.removeprefix("sudo: "),
        )
    return _ended(last)


def _ended(last: str) -> Message:
    return verbatim(last) if last else Message("it ended the command without a word")


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else ""
