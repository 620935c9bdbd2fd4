"""Digests of files that decide together: the same files give the same digest in every checkout."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

REGION = ("group_vars/**/*.yml", "group_vars/**/*.yaml")
BASELINE = (*REGION, "roles/*/controls.yml", "roles/*/settings.py")


def baseline_digest(root: Path) -> str:
    """SHA-256 (hexadecimal) of the region's rules, so that practices can be compared."""
    return files_digest(root, BASELINE)


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
