"""``socle generate`` and ``socle lint``: for those who write rooms."""

from __future__ import annotations

import sys
from pathlib import Path


def generate(root: Path = Path()) -> int:
    """Write each role's defaults and argument specs from its settings.py again."""
    from socle.baseline import rooms  # noqa: PLC0415
    from socle.baseline.ansible_role import stale_files  # noqa: PLC0415

    for path, text in stale_files(rooms.find(root.resolve())):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(root.resolve())}")  # noqa: T201
    return 0


def lint(root: Path = Path()) -> int:
    """Refuse templates that the two engines would fill differently, and stale generated files."""
    from socle import render  # noqa: PLC0415
    from socle.baseline import rooms  # noqa: PLC0415
    from socle.baseline.ansible_role import stale_files  # noqa: PLC0415

    found = rooms.find(root.resolve())
    mistakes = [
        str(problem)
        for room in found
        for template in room.templates
        for problem in render.lint(template.source)
    ]
    mistakes += [f"{path}: stale, run make generate" for path, _ in stale_files(found)]
    for mistake in mistakes:
        print(mistake, file=sys.stderr)  # noqa: T201
    return 2 if mistakes else 0
