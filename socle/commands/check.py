"""``socle check``: are the practice's files right?"""

from __future__ import annotations

from pathlib import Path

from socle.commands.console import say


def check(practice: Path) -> int:
    """Read a practice's files and report every mistake with file and line. Asks no machine.

    Exit code: 0 all is fine, 2 something is wrong.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    """
    from datetime import date  # noqa: PLC0415 - `socle --help` needs none of these

    from socle.baseline import load  # noqa: PLC0415

    loaded = load(practice)
    settings = {name for host in loaded.hosts.values() for name in host.settings}
    computed = {name for host in loaded.hosts.values() for name in host.derived}
    for waiver in loaded.waivers:
        if waiver.expired(date.today()):
            say(f"expired on {waiver.until}: the waiver of {waiver.control}, {waiver.reason}")
    hosts = f"{len(loaded.hosts)} host{'s' if len(loaded.hosts) > 1 else ''}"
    say(f"{hosts}, {len(settings - computed)} settings: fine")
    return 0
