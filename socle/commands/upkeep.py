"""``socle generate`` and ``socle lint``: for those who write rooms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from socle.commands.console import say, warn

if TYPE_CHECKING:
    from socle.baseline.model import Room


def generate(root: Path = Path()) -> int:
    """Write what follows from the rooms again: Ansible's side of a role, the catalogue in docs/."""
    from socle.baseline import rooms  # noqa: PLC0415

    for path, text in _stale(root.resolve(), rooms.find(root.resolve())):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        say(f"wrote {path.relative_to(root.resolve())}")
    return 0


def lint(root: Path = Path()) -> int:
    """Refuse templates that the two engines would fill differently, and stale generated files."""
    from socle import render  # noqa: PLC0415
    from socle.baseline import rooms  # noqa: PLC0415

    found = rooms.find(root.resolve())
    mistakes = [
        str(problem)
        for room in found
        for template in room.templates
        for problem in render.lint(template.source)
    ]
    stale = _stale(root.resolve(), found)
    mistakes += [f"{path}: stale, run make generate" for path, _ in stale]
    for mistake in mistakes:
        warn(mistake)
    return 2 if mistakes else 0


def _stale(root: Path, rooms: tuple[Room, ...]) -> list[tuple[Path, str]]:
    """The generated files that are not what the rooms say now, with the text they should have."""
    from socle.baseline.ansible_role import stale_files  # noqa: PLC0415

    pages = [
        (path, text)
        for path, text in _pages(root / "docs", rooms)
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    return [*stale_files(rooms), *pages]


def _pages(docs: Path, rooms: tuple[Room, ...]) -> Iterator[tuple[Path, str]]:
    """The generated pages of the documentation with the text that they should have."""
    from socle.baseline.catalogue import controls_page, settings_page  # noqa: PLC0415
    from socle.exposure import model, recognised  # noqa: PLC0415
    from socle.report import declared, schema  # noqa: PLC0415

    labels = declared.of(docs.parent).labels
    yield docs / "fr/controles.md", controls_page(rooms, "fr", labels)
    yield docs / "en/controls.md", controls_page(rooms, "en", labels)
    yield docs / "en/settings.md", settings_page(rooms)
    yield docs.parent / schema.FILE, schema.published()
    yield docs.parent / model.FILE, model.published(recognised.of(docs.parent))
