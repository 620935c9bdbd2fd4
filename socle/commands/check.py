"""``socle check``: are the practice's files right?"""

from __future__ import annotations

from pathlib import Path


def check(practice: Path) -> int:
    """Read a practice's files and report every mistake with file and line. Asks no machine.

    Exit code: 0 all is fine, 2 something is wrong.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    """
    from socle.baseline import load  # noqa: PLC0415 - `socle --help` needs none of these

    loaded = load(practice)
    settings = {name for host in loaded.hosts.values() for name in host.settings}
    computed = {name for host in loaded.hosts.values() for name in host.derived}
    print(f"{len(loaded.hosts)} hosts, {len(settings - computed)} settings: fine")  # noqa: T201
    return 0
