"""All that the state of a signature hangs on, as a digest: the same one has the same state."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from socle.errors import SocleError
from socle.evidence.manifest import COMPANIONS, companion
from socle.evidence.signature import Trust


class Seals:
    """The signatures' files together with who is believed, on a day: keys run out."""

    def __init__(self, trust: Trust | None, now: datetime) -> None:
        """Raises SocleError: a file of ``trust`` is missing."""
        self._trust = b"" if trust is None else _digest(trust, now)

    def of(self, file: Path) -> str:
        """The digest for a piece of evidence; empty where signatures are not looked at."""
        if not self._trust:
            return ""
        digest = hashlib.sha256(self._trust)
        for suffix in COMPANIONS:
            content = _content(file, suffix)
            digest.update(f"{len(content)}\0".encode() + content)
        return digest.hexdigest()


def _content(file: Path, suffix: str) -> bytes:
    try:
        return companion(file, suffix)
    except (OSError, SocleError):
        return b""  # missing, or nothing that a signature is made of


def _digest(trust: Trust, now: datetime) -> bytes:
    trust.check()
    digest = hashlib.sha256(f"{now.astimezone(UTC):%Y-%m-%d}".encode())
    for file in (trust.signers, trust.revoked, trust.authorities):
        digest.update(b"-" if file is None else hashlib.sha256(file.read_bytes()).digest())
    return digest.digest()
