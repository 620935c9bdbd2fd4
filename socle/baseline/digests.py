"""Digests of files that decide together: the same files give the same digest in every checkout."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

REGION = ("group_vars/**/*.yml", "group_vars/**/*.yaml")
BASELINE = (*REGION, "roles/*/controls.yml", "roles/*/settings.py")


def baseline_digest(root: Path) -> str:
    """SHA-256 (hexadecimal) of the region's rules, so that practices can be compared."""
    return files_digest(root, BASELINE)


def baseline_version(root: Path) -> str:
    """What the region calls its rules: git's name of the checkout, else the start of the digest.

    ``…-dirty``: a file of the checkout differs from what was committed.
    """
    words = ("describe", "--tags", "--always", "--abbrev=12", "--dirty")
    tracked = _git(root, "ls-files", "--", "group_vars")  # and not just inside a foreign checkout
    return (tracked and _git(root, *words)) or f"sha256:{baseline_digest(root)[:12]}"


def _git(root: Path, *words: str) -> str:
    """What git says; empty where it is missing, slow, or knows nothing."""
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(root), *words]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=10, check=True, env=environment
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def files_digest(root: Path, patterns: Iterable[str]) -> str:
    """SHA-256 (hexadecimal) of path, length and bytes of each file that fits, sorted."""
    digest = hashlib.sha256()
    for path in matching_files(root, patterns):
        content = (root / path).read_bytes()
        digest.update(f"{path}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def matching_files(root: Path, patterns: Iterable[str]) -> list[str]:
    """Paths below ``root`` of the files that fit one of the ``patterns``, sorted."""
    return sorted(set(_files(root, patterns)))


def _files(root: Path, patterns: Iterable[str]) -> Iterator[str]:
    for pattern in patterns:
        for path in root.glob(pattern):
            if path.is_file() and path.parent.name != "__pycache__":
                yield path.relative_to(root).as_posix()
