"""The machine's own secrets, so that none can get into a bundle: they never leave memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from socle.evidence.redaction import strings

_SOCLE = Path("/etc/socle")
PASSWORD = "watch-mail-password"  # noqa: S105 - a file's name


def known_here(folder: Path = _SOCLE) -> Iterator[str]:
    """Every text in the secret files that Socle has written on this machine."""
    for file in sorted(folder.glob("*-secrets.json")):
        try:
            yield from strings(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            continue
    with suppress(OSError):
        yield (folder / PASSWORD).read_text(encoding="utf-8").strip()
