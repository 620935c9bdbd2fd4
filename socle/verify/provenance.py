"""Which checks gave a verdict: equal digests judge equal answers equally."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

import socle
from socle.baseline.digests import files_digest

NAME = "checks"
"""Under which a bundle's ``software.versions`` has the digest."""
ROOMS = (
    "roles/*.py",
    "roles/*/*.py",
    "roles/*/controls.yml",
    "roles/*/files/**/*",
    "roles/*/templates/**/*",
)
"""Below a checkout, what of the rooms judges."""
HOUSE = (
    "*.py",
    "*.sh",
    "baseline/**/*.py",
    "apply/unit.conf.j2",  # what our units have in common: checks compare units
    "evidence/*.py",
    "machine/*.py",
    "machine/*.sh",
    "verify/**/*.py",
    "verify/**/*.sh",
    "exposure/*.py",
    "watch/__init__.py",
    "watch/broken.py",
)
"""Below Socle's package, what of it judges."""
_PACKAGES = ("jinja2", "pytest-testinfra")  # they word the questions


def checks_digest(root: Path) -> str:
    """SHA-256 (hexadecimal) of all that judges: the rooms of ``root``, and Socle itself."""
    parts = [
        files_digest(root, ROOMS),
        files_digest(Path(socle.__file__).parent, HOUSE),
        *(f"{name} {version(name)}" for name in _PACKAGES),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
