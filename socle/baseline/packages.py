"""Rooms are packages: ``roles.backup`` is a folder of one checkout, whichever that is."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

PACKAGE = "roles"

_loaded: dict[str, dict[str, ModuleType]] = {}
"""Folder of rooms -> its modules, while those of another checkout are in use."""


def bind(root: Path) -> None:
    """Let ``import roles.ROOM`` mean the rooms of the checkout ``root`` from here on.

    What was imported of another checkout's rooms is put aside, and is back when that one is bound
    again: a module is loaded once.
    """
    folder = str(root / PACKAGE)
    current = sys.modules.get(PACKAGE)
    if current is not None:
        places = list(current.__path__)
        if set(places) == {folder}:
            return
        _loaded[places[0]] = {name: sys.modules.pop(name) for name in list(_names())}
    package = ModuleType(PACKAGE, "The rooms of a checkout.")
    package.__path__ = [folder]
    sys.modules.update(_loaded.pop(folder, {PACKAGE: package}))


def load(root: Path, room: str, name: str) -> ModuleType:
    """Import ``roles/ROOM/NAME.py`` of the checkout ``root``."""
    bind(root)
    return import_module(f"{PACKAGE}.{room}.{name}")


def every(root: Path, name: str) -> list[ModuleType]:
    """``roles/*/NAME.py`` of the checkout ``root``, imported, in the rooms' alphabetical order.

    Where another checkout is bound, it stays so.
    """
    files = sorted((root / PACKAGE).glob(f"*/{name}.py"))
    current = sys.modules.get(PACKAGE)
    try:
        return [load(root, file.parent.name, name) for file in files]
    finally:
        if current is not None:
            bind(Path(next(iter(current.__path__))).parent)


def imported(name: str) -> list[ModuleType]:
    """Those of the bound ``roles/*/NAME.py`` that somebody has imported, in alphabetical order."""
    found = [one.split(".") for one in sorted(_names())]
    return [sys.modules[".".join(parts)] for parts in found if parts[2:] == [name]]


def _names() -> list[str]:
    return [one for one in sys.modules if one == PACKAGE or one.startswith(f"{PACKAGE}.")]
