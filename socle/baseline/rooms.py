"""Rooms: found by their folders, never by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from socle.baseline import controls, managed, packages
from socle.baseline.model import Room
from socle.baseline.settings import RoomSettings, fields_without_direction
from socle.errors import BadPractice, Problem

REGION_GROUPS = ("workstations", "servers")
"""Every region has them; its other groups are those with a file in ``group_vars/``."""


def find(root: Path) -> tuple[Room, ...]:
    """The rooms of the checkout ``root``, in alphabetical order.

    A room is a folder of ``roles/`` with ``controls.yml`` and ``settings.py``. Raises
    `BadPractice` with every mistake of every room.
    """
    packages.bind(root)
    problems: list[Problem] = []
    rooms: list[Room] = []
    scopes = {"all", *region_groups(root)}
    for settings in sorted(root.glob("roles/*/settings.py")):
        folder = settings.parent
        if not (folder / "controls.yml").is_file():
            continue
        try:
            promises = controls.read(folder, scopes)
            sources, files = managed.sources(folder), managed.read(folder)
            rooms.append(Room(folder.name, folder, _model(settings), promises, *sources, files))
        except BadPractice as error:
            problems.extend(error.problems)
    problems.extend([*_repeated(rooms), *managed.shared(rooms)])
    if problems:
        raise BadPractice(problems)
    return tuple(rooms)


def promises(root: Path) -> tuple[Room, ...]:
    """The rooms of ``root`` with their controls alone: enough where settings are resolved already.

    Raises `BadPractice` for a broken ``controls.yml``.
    """
    packages.bind(root)
    scopes = {"all", *region_groups(root)}
    folders = (file.parent for file in sorted(root.glob("roles/*/settings.py")))
    return tuple(
        Room(folder.name, folder, RoomSettings, controls.read(folder, scopes), ())
        for folder in folders
        if (folder / "controls.yml").is_file()
    )


def region_groups(root: Path) -> tuple[str, ...]:
    """Names of the groups of the regional baseline; a practice may have none of their hosts."""
    files = sorted(file.stem for file in (root / "group_vars").glob("*.yml"))
    own = (name for name in files if name not in ("all", "waivers"))
    return tuple(dict.fromkeys([*REGION_GROUPS, *own]))


def _repeated(rooms: list[Room]) -> list[Problem]:
    """Controls whose id another control has already taken."""
    problems = []
    taken: dict[str, str] = {}
    for room in rooms:
        for control in room.controls:
            if control.id in taken:
                wanted = f"an id of its own; the room {taken[control.id]} has this one"
                problems.append(Problem(room.folder / "controls.yml", 0, control.id, wanted))
            taken[control.id] = room.name
    return problems


@cache
def _model(file: Path) -> type[RoomSettings]:
    """The settings class of ``file``."""
    module = packages.load(file.parents[2], file.parent.name, file.stem)
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, RoomSettings)
        and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        wanted = "one class derived from RoomSettings"
        raise BadPractice([Problem(file, 0, "settings", wanted, str(len(found)))])
    undirected = fields_without_direction(found[0])
    if undirected:
        wanted = "a direction in every field: stricter(…), neutral() or keyed(…)"
        raise BadPractice([Problem(file, 0, field, wanted) for field in undirected])
    return found[0]
