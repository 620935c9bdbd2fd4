"""``socle new-room``: a room to fill, which the linters accept and whose scenarios fail."""

from __future__ import annotations

from pathlib import Path


def new_room(name: str, root: Path = Path(), *, theme: str | None = None) -> int:
    """Write a room to fill: its folder in roles/, its lines in deploy.py and site.yml.

    `make lint` accepts it; its scenarios fail until its check and its mistakes are written. It
    comes last in the order of rooms: move its lines where they belong. See docs/en/new-room.md.

    Exit code: 0 written, 2 refused; then nothing is written.

    Parameters
    ----------
    name
        The room's name in snake_case: shared_folders.
    root
        The checkout.
    theme
        The theme of its controls, else a new one of the room's own, named in report.py.
    """
    from socle.commands import upkeep  # noqa: PLC0415 - `socle --help` needs none of these
    from socle.commands.console import say  # noqa: PLC0415
    from socle.commands.new_room import names, writing  # noqa: PLC0415
    from socle.report import declared  # noqa: PLC0415

    root = root.resolve()
    names.refuse_unusable(name, root)
    known = declared.of(root).labels.themes
    with writing.written(root, name, theme or names.kebab(name), known):
        upkeep.generate(root)
    say(f"wrote roles/{name}, and its lines in {' and '.join(writing.LISTS)}")
    say("next: what to fill, and in which order: docs/en/new-room.md")
    return 0
