"""paramiko as it is used here: today's algorithms only, small packets, no dead connection."""

from __future__ import annotations

import base64
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from paramiko import Agent, PasswordRequiredException, PKey, RSAKey, SSHException, Transport
from paramiko.packet import Packetizer

from socle import bounds

_KEYS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
ALGORITHMS = {
    "kex": (
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group14-sha256",
    ),
    "ciphers": (
        "aes128-ctr",
        "aes192-ctr",
        "aes256-ctr",
        "aes128-gcm@openssh.com",
        "aes256-gcm@openssh.com",
    ),
    "macs": (
        "hmac-sha2-256",
        "hmac-sha2-512",
        "hmac-sha2-256-etm@openssh.com",
        "hmac-sha2-512-etm@openssh.com",
    ),
    "keys": _KEYS,
    "pubkeys": _KEYS,
}
"""What may be negotiated; whatever else paramiko knows, now or in a later release, is off."""
LARGEST_PACKET = 1 << 20
"""Bytes. RFC 4253 asks for 35,000, OpenSSH sends 256 KiB at most."""
LARGEST_GREETING = 64 << 10
"""Bytes before the two sides speak SSH (RFC 4253, 4.2)."""

NEGOTIATION = 30.0
"""Seconds, after TCP has answered: a busy machine takes its time for greeting and keys."""


class BoundedPacketizer(Packetizer):
    """Takes no packet and no greeting that would fill this computer's memory."""

    _greeted = 0

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:
        """Read ``n`` bytes. Raises SSHException for more than a packet may have."""
        if n > LARGEST_PACKET:
            raise SSHException(f"it announces a packet of {n} bytes")
        return super().read_all(n, check_rekey)

    def _read_timeout(self, timeout: float) -> bytes:  # of the greeting alone
        piece: bytes = super()._read_timeout(timeout)  # type: ignore[misc]  # not in the stubs
        self._greeted += len(piece)
        if self._greeted > LARGEST_GREETING:
            raise SSHException("its greeting does not end")
        return piece


class BoundedTransport(Transport):
    """The transport of every connection."""

    def __init__(self, sock: Any, **options: Any) -> None:
        """Like paramiko's, over an open socket."""
        super().__init__(sock, packetizer_class=BoundedPacketizer, **options)
        self.disabled_algorithms = {
            kind: [one for one in getattr(self, f"preferred_{kind}") if one not in allowed]
            for kind, allowed in ALGORITHMS.items()
        }
        self.banner_timeout = NEGOTIATION
        with suppress(OSError, AttributeError):  # a proxied connection has no TCP socket
            # Nagle against delayed ACK costs 40 ms an execution.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            patience = bounds.ALIVE_SECONDS * bounds.ALIVE_MISSED
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, patience * 1000)

    def start_client(self, event: Any = None, timeout: float | None = None) -> None:
        """Negotiate within `NEGOTIATION`, or more: pyinfra's ``timeout`` is meant for TCP.

        Raises SSHException, where paramiko would go on as if all were well ("No existing session").
        """
        super().start_client(event, max(timeout or 0, NEGOTIATION))
        if event is None and not self.initial_kex_done:
            raise SSHException(f"no keys are agreed on within {NEGOTIATION:g} s")


def keep_alive(transport: Transport) -> None:
    """Send something now and then: what stays unacknowledged ends the connection."""
    transport.set_keepalive(bounds.ALIVE_SECONDS)


def locked(key: Path) -> bool:
    """Whether a private key can only be read with its passphrase."""
    try:
        RSAKey.from_private_key_file(str(key))
    except PasswordRequiredException:  # before it sees which kind of key it is
        return True
    except (SSHException, OSError, ValueError):
        return False
    return False


def held_by_agent(key: Path) -> PKey | None:
    """The key out of ssh-agent, if it is there; its public half must lie beside the private one."""
    try:
        wanted = base64.b64decode(Path(f"{key}.pub").read_text(encoding="ascii").split()[1])
        return next((one for one in Agent().get_keys() if one.asbytes() == wanted), None)
    except (OSError, ValueError, IndexError, SSHException):
        return None
