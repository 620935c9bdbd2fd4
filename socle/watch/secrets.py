"""The machine's own secrets, so that none can get into a bundle: they never leave memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

_SOCLE = Path("/etc/socle")
PASSWORD = "watch-mail-password"  # noqa: S105 - a file's name


def known_here(folder: Path = _SOCLE) -> Iterator[str]:
    """Every text in the secret files that Socle has written on this machine."""
    for file in sorted(folder.glob("*-secrets.json")):
        try:
            yield from _texts(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            continue
    with suppress(OSError):
        yield (folder / PASSWORD).read_text(encoding="utf-8").strip()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
