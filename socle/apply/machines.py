"""Whether the machine that was examined is the one that its name means."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from socle.apply import current
from socle.baseline.known_machines import NAME, KnownMachines
from socle.errors import SocleError


def recognise(machine_id: str | None) -> None:
    """Leave the current host out of the run if another machine is known under its name.

    The first contact is noted, unless this run only plans.
    """
    host, practice = current.resolved_host(), current.practice()
    local = host.connection.method == "local"
    try:
        if _known(practice.folder).meet(host.name, machine_id, local=local):
            current.say(f"is known from now on, by {NAME} of the practice. Commit that file.")
    except SocleError as stranger:
        current.leave_out(str(stranger))


@cache
def _known(folder: Path) -> KnownMachines:
    """One for the whole run: what a plan does not note, it remembers."""
    return KnownMachines(folder, keep=not current.dry_run())
