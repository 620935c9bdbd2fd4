"""A copy of this checkout from which a room is taken, or to which one is added."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from socle.baseline.rooms import find

REPOSITORY = Path(__file__).resolve().parents[1]
ROOMS = sorted(file.parent.name for file in REPOSITORY.glob("roles/*/controls.yml"))
MADE = (
    ".*",
    "__pycache__",
    "build",
    "secrets.yml",
    "vault-password",
    "known_hosts",
    "practice.yml",
    "known_machines",
    "allowed_signers",
)
"""What is no part of a fresh clone."""
KEPT = (".ansible-lint", ".yamllint", ".gitignore")


def copied(folder: Path) -> Path:
    """Copy the checkout, as a fresh clone has it."""

    def left_out(_: str, names: list[str]) -> set[str]:
        return shutil.ignore_patterns(*MADE)(_, names) - set(KEPT)

    return shutil.copytree(REPOSITORY, folder, ignore=left_out)


def take_away(root: Path, room: str) -> None:
    """Delete a room as docs/en/new-room.md says: its folder, its lines, its settings."""
    shutil.rmtree(root / "roles" / room)
    deploy = root / "deploy.py"
    deploy.write_text(_without(deploy, rf"from roles\.{room}\.|{room}\(\)"))
    site = root / "site.yml"
    site.write_text(_without_task(site.read_text(), f"tags: [{room}]"))
    (known,) = (one for one in find(REPOSITORY) if one.name == room)
    settings = "|".join(known.settings.model_fields)
    for file in [*root.glob("group_vars/*.yml"), *root.glob("inventories/**/*.yml")]:
        file.write_text(_without(file, rf" *{known.prefix}({settings}):"))


def needs(*rooms: str) -> pytest.MarkDecorator:
    """Mark a test that shows the core with these rooms as they are."""
    return pytest.mark.skipif(not {*rooms} <= {*ROOMS}, reason=_without_one(rooms))


def need(*rooms: str) -> None:
    """Skip a module that does so, from the line on in which it says so."""
    if not {*rooms} <= {*ROOMS}:
        pytest.skip(_without_one(rooms), allow_module_level=True)


def _without_one(rooms: tuple[str, ...]) -> str:
    return f"this checkout has not all of the rooms {', '.join(rooms)}"


def python(root: Path, *words: str) -> str:
    """Run Python with the packages of the copy ``root``; what it printed. Fails where it fails."""
    environment = {**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"}
    environment.pop("SOCLE_CHECKOUT", None)
    done = subprocess.run(
        [sys.executable, "-B", *words], cwd=root, env=environment, capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _without(file: Path, start: str) -> str:
    """The text without lines that begin like ``start``, and without what is indented below them."""
    return "".join(_outside(file.read_text().splitlines(keepends=True), start))


def _outside(lines: list[str], start: str) -> Iterator[str]:
    depth: int | None = None
    for line in lines:
        blank = not line.strip()
        if depth is not None and (blank or _depth(line) > depth or _item(line, depth)):
            continue
        depth = _depth(line) if re.match(start, line) else None
        if depth is None:
            yield line


def _without_task(text: str, mark: str) -> str:
    """The text without the list items in which a line is ``mark``."""
    lines = text.splitlines(keepends=True)
    while mark in (stripped := [line.strip() for line in lines]):
        at = stripped.index(mark)
        depth = _depth(lines[at]) - 2
        first = max(n for n in range(at) if _item(lines[n], depth))
        after = (n for n in range(at, len(lines)) if _depth(lines[n]) <= depth)
        del lines[first : next(after, len(lines))]
    return "".join(lines)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _item(line: str, depth: int) -> bool:
    return line.startswith(" " * depth + "- ")
