"""Which names a room can have: it becomes a package, a function, a role, a prefix of settings."""

from __future__ import annotations

import builtins
import keyword
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import socle
from socle.errors import SocleError

_SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST = 30  # characters: the lines that it stands in stay short


def refuse_unusable(name: str, root: Path) -> None:
    """Raise SocleError where ``name`` cannot be a new room of the checkout ``root``."""
    if not (root / "roles").is_dir():
        raise SocleError(f"{root}: expected a checkout of Socle, with a folder roles/")
    for wanted in _objections(name, root):
        raise SocleError(f"{name}: expected {wanted}")


def kebab(name: str) -> str:
    """``shared-folders``: the name as ids and files have it."""
    return name.replace("_", "-")


def _objections(name: str, root: Path) -> Iterator[str]:
    """What the name should have been, the plainest first."""
    if not _SNAKE_CASE.fullmatch(name) or len(name) > LONGEST:
        yield f"a name in snake_case of at most {LONGEST} characters, such as shared_folders"
    if f"{name}_".startswith("ssh_"):
        yield "another name: pyinfra takes settings named ssh_… for connection data"
    if keyword.iskeyword(name) or hasattr(builtins, name):
        yield "another name: Python has this one"
    if name in {module.name for module in pkgutil.iter_modules(socle.__path__)}:
        yield f"another name: socle/{name} is there"
    if name in _words_of_rooms():
        yield "another name: rooms are written with this word"
    for there in sorted((root / "roles").iterdir()):
        if there.stem == name:
            yield f"a new name: roles/{there.name} is there"
        elif (there / "settings.py").is_file() and _mixed(name, there.name):
            yield f"a name whose settings cannot be taken for those of the room {there.name}"


def _words_of_rooms() -> set[str]:
    """What the files of a room import: its own function or class cannot have such a name."""
    from socle import apply  # noqa: PLC0415 - it loads pyinfra

    return {*apply.__all__, "deploy", "annotated", "room_settings"}


def _mixed(one: str, other: str) -> bool:
    """Whether the prefix of one room's settings begins with the other's."""
    return one.startswith(f"{other}_") or other.startswith(f"{one}_")
