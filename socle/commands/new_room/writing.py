"""Write a room from its templates: all of it or nothing."""

from __future__ import annotations

import importlib
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import jinja2

from socle.commands.new_room.names import kebab
from socle.errors import SocleError

ROOM = Path(__file__).parent / "room"
LISTS = ("deploy.py", "site.yml")
"""Where the order of the rooms stands, once for each engine."""
_LAST_CALL = "remember_declared()\n"
_ROLE = re.compile(r"^    - role: .*\n(?:      .*\n)*", re.MULTILINE)
_IMPORT = re.compile(r"^from .*\n", re.MULTILINE)


@contextmanager
def written(root: Path, name: str, theme: str, known_themes: Collection[str]) -> Iterator[None]:
    """Write the room ``name`` into the checkout ``root``.

    Where the block fails, the room and its lines are gone again. A theme that is not among
    ``known_themes`` gets its name in ``report.py``. Raises SocleError where ``deploy.py`` or
    ``site.yml`` has no place for it.
    """
    before = {file: _read(root / file) for file in LISTS}
    after = {
        "deploy.py": in_deploy(before["deploy.py"], name),
        "site.yml": in_site(before["site.yml"], name),
    }
    folder = root / "roles" / name
    with tempfile.TemporaryDirectory(prefix=".new-room-", dir=root) as made:
        _fill(Path(made) / name, name, theme, new_theme=theme not in known_themes)
        (Path(made) / name).rename(folder)
    try:
        _write(root, after)
        importlib.invalidate_caches()
        yield
    except BaseException:
        _write(root, before)
        shutil.rmtree(folder)
        raise


def in_deploy(text: str, name: str) -> str:
    """``deploy.py`` with the room: imported in alphabetical order, called after all others."""
    line = f"from roles.{name}.deploy import {name}\n"
    after = next((found for found in _IMPORT.finditer(text) if found[0] > line), None)
    if after is None or f"\n{_LAST_CALL}" not in text:
        raise SocleError(f"deploy.py: expected imports from socle.apply and {_LAST_CALL.strip()}")
    text = text[: after.start()] + line + text[after.start() :]
    return text.replace(f"\n{_LAST_CALL}", f"\n{name}()\n{_LAST_CALL}")


def in_site(text: str, name: str) -> str:
    """``site.yml`` with the room, after all others."""
    found = list(_ROLE.finditer(text))
    if not found:
        raise SocleError("site.yml: expected roles, each as `    - role: NAME`")
    end = found[-1].end()
    return f"{text[:end]}    - role: {name}\n      tags: [{name}]\n{text[end:]}"


def _fill(folder: Path, name: str, theme: str, *, new_theme: bool) -> None:
    control = f"{kebab(name)}-in-force"
    words = {
        "name": name,
        "kebab": kebab(name),
        "title": name.replace("_", " "),
        "camel": "".join(part.capitalize() for part in name.split("_")),
        "control": control,
        "theme": theme,
    }
    # Not the brackets of the room's own templates: those are left for the engines.
    environment = jinja2.Environment(
        variable_start_string="[[",
        variable_end_string="]]",
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Python, YAML and shell, no HTML
    )
    for template in sorted(ROOM.rglob("*.j2")):
        place = template.relative_to(ROOM).with_suffix("").as_posix()
        if place == "report.py" and not new_theme:
            continue
        path = place.replace("NAME", name).replace("KEBAB", kebab(name))
        file = folder / path.replace("CONTROL", control)
        file.parent.mkdir(parents=True, exist_ok=True)
        text = template.read_text(encoding="utf-8")
        file.write_text(environment.from_string(text).render(words), encoding="utf-8")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SocleError(f"{file}: expected this file of a checkout of Socle") from None


def _write(root: Path, texts: dict[str, str]) -> None:
    for file, text in texts.items():
        (root / file).write_text(text, encoding="utf-8")
