"""A copy of this checkout from which a room is taken, or to which one is added."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
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


def add(root: Path, room: str, files: dict[str, str]) -> None:
    """Add a room as docs/en/new-room.md says: its files, its lines."""
    for name, text in files.items():
        file = root / "roles" / room / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    deploy = root / "deploy.py"
    line = f"from roles.{room}.deploy import {room}\n"
    text = deploy.read_text().replace("from socle.apply", f"{line}from socle.apply", 1)
    deploy.write_text(text.replace("remember_declared()\n", f"{room}()\nremember_declared()\n"))
    site = root / "site.yml"
    entry = f"    - role: {room}\n      tags: [{room}]\n"
    site.write_text(site.read_text().replace("  post_tasks:\n", f"{entry}  post_tasks:\n"))


def of_the_page(page: Path) -> dict[str, str]:
    """The files of the room that a page of the docs builds, by their place in the room.

    Code blocks that follow each other are the files that the heading, or the sentence with a colon
    at its end, names last.
    """
    named: list[str] = []
    found: dict[str, str] = {}
    text = page.read_text().partition("\n## 9.")[0]
    for part in re.split(r"^(```\w+\n.*?^```)$", text, flags=re.DOTALL | re.MULTILINE):
        if part.startswith("```"):
            for place in named[:1]:
                beside = Path(next(reversed(found), "")).parent
                companion = place.endswith(".undo.sh") and "/" not in place
                found[str(beside / place) if companion else place] = part.split("\n", 1)[1][:-3]
            named = named[1:]
            continue
        for words in part.split("\n\n"):
            if words.lstrip().startswith("#") or words.rstrip().endswith(":"):
                named = re.findall(r"`([\w./-]+\.\w+)`", words)
    return found


def needs(*rooms: str) -> pytest.MarkDecorator:
    """Mark a test that shows the core with these rooms as they are."""
    return pytest.mark.skipif(not {*rooms} <= {*ROOMS}, reason=_without_one(rooms))


def need(*rooms: str) -> None:
    """Skip a module that does so, from the line on in which it says so."""
    if not {*rooms} <= {*ROOMS}:
        pytest.skip(_without_one(rooms), allow_module_level=True)


def _without_one(rooms: tuple[str, ...]) -> str:
    return f"this checkout has not all of the rooms {', '.join(rooms)}"


def python(root: Path, *words: str | Path, ends: tuple[int, ...] = (0,)) -> str:
    """Run Python with the packages of the copy ``root``; what it printed. ``ends``: exit codes."""
    environment = {**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"}
    environment.pop("SOCLE_CHECKOUT", None)
    done = subprocess.run(
        [sys.executable, "-B", *words], cwd=root, env=environment, capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode in ends, done.stdout + done.stderr
    return done.stdout


def socle(root: Path, *words: str | Path, ends: tuple[int, ...] = (0,)) -> str:
    """Run a command of the copy ``root``, as `python` does."""
    return python(root, "-c", "from socle.cli import main; main()", *words, ends=ends)


def core(root: Path) -> dict[str, str]:
    """What no room's coming or going may change: the core and its tests, file by file."""
    files = [path for part in ("socle", "tests") for path in (root / part).rglob("*")]
    return {str(one): sha256(one.read_bytes()).hexdigest() for one in files if one.is_file()}


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
