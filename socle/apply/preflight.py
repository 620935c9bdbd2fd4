"""Preflight: whatever is refused, is refused before the first room changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from socle.apply import current
from socle.baseline import packages

if TYPE_CHECKING:
    from socle.apply.probe import Observed

REFUSED = "refused before any change: "


def refuse(seen: Observed) -> None:
    """Leave the current host out if a room refuses it; what all rooms refuse is told together.

    The rooms are those that the deploy file imports: each may have a function ``preflight(host,
    seen)`` in its ``deploy.py`` that yields a sentence for each thing that it refuses. Before them
    stands what the host's settings need and no flow lets pass, in the words of `socle check`.
    """
    host = current.resolved_host()
    unmet = current.practice().unmet.get(host.name, ())
    rooms = packages.imported("deploy")
    asked = [room.preflight(host, seen) for room in rooms if hasattr(room, "preflight")]
    found = [*map(str, unmet), *(sentence for sentences in asked for sentence in sentences)]
    if found:
        current.leave_out("\n".join(f"{REFUSED}{sentence}" for sentence in found))
