"""Which checkout's rooms are run: ``settings.py`` and ``commands.py`` are code. Quick to import."""

from __future__ import annotations

import os
from pathlib import Path

import socle
from socle.errors import SocleError

CHECKOUT = "SOCLE_CHECKOUT"
"""The variable that names another checkout than this package's own."""
_MARK = b'name = "socle-cabinet"'  # in pyproject.toml of every checkout


def named_root() -> Path:
    """The checkout that SOCLE_CHECKOUT names, else this package's own.

    Raises SocleError where there is none.
    """
    named = os.environ.get(CHECKOUT)
    root = Path(named).absolute() if named else own_root()
    if not (root / "roles").is_dir():
        raise SocleError(f"{root}: expected a checkout of Socle, as {CHECKOUT} says")
    return root


def find_root(folder: Path) -> Path:
    """The checkout whose rooms and region hold for ``folder``.

    No folder that data come in decides it: it is the `named_root`. Raises SocleError where
    ``folder`` lies in another one, with its own region.
    """
    root = named_root()
    for around in (folder, *folder.parents):
        if _is_checkout(around):
            if around.samefile(root):
                break
            raise SocleError(
                f"{folder}: expected a practice of {root}; it lies in {around}, another checkout "
                f"of Socle. Use the commands of that one, or set {CHECKOUT}={around}"
            )
    return root


def own_root() -> Path:
    """The checkout that holds this package. Raises SocleError where it is installed without one."""
    root = Path(socle.__file__).absolute().parents[1]
    if (root / "roles").is_dir():
        return root
    raise SocleError(f"{root}: expected a checkout of Socle, with a folder roles/")


def _is_checkout(folder: Path) -> bool:
    mark = folder / "pyproject.toml"
    return (folder / "roles").is_dir() and mark.is_file() and _MARK in mark.read_bytes()
