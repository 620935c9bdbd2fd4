"""Machines of a practice as the commands of the backup room choose them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from socle.commands.machines import Refused

if TYPE_CHECKING:
    from socle.baseline.model import Host, Practice

LONGEST = 72 * 3600.0
"""Seconds that a first copy over a slow line may take."""


def clients(hosts: Sequence[Host]) -> list[Host]:
    """Those that have data to copy."""
    return [host for host in hosts if host.settings["backup_folders"]]


def with_copies(hosts: Sequence[Host]) -> list[Host]:
    """Those that send copies somewhere, or remove old ones for others."""
    return [h for h in hosts if h.settings["backup_targets"] or h.settings["backup_served"]]


def complete(hosts: Sequence[Host], practice: Practice) -> None:
    """Refuse where passwords or host keys are missing, with how to make them."""
    missing = [
        f"{host.name}: no {what}" for host in hosts for what in host.settings["backup_missing"]
    ]
    if missing:
        raise Refused(
            "\n".join(missing) + f"\nMake passwords with: socle backup passwords {practice.folder}"
        )
