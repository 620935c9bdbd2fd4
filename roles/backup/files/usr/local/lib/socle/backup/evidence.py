"""Records that an auditor will read: restore tests and offline copies, signed by the host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from backup import paths, signing, state

_WORDS = {True: "good", False: "bad", None: "missing"}


def record_test(result: dict[str, Any]) -> Path:
    """Write and sign one repository's restore test."""
    name = f"{result['time'].replace(':', '')}-{result['repository']}.json"
    file = paths.EVIDENCE / name
    state.write(file, result)
    signing.sign(file)
    return file


def last_test(repository: str) -> dict[str, Any] | None:
    """The newest restore test of a repository, with what its signature says."""
    files = sorted(paths.EVIDENCE.glob(f"*Z-{repository}.json")) if paths.EVIDENCE.is_dir() else []
    return signed(files[-1]) if files else None


def signed(file: Path) -> dict[str, Any] | None:
    """A record with ``signature``: good, bad, or missing. None where there is no record."""
    found = state.read(file, {})
    return {**found, "signature": _WORDS[signing.verified(file)]} if found else None
