"""Packages of the rooms against each other: what one installs, no other removes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from socle.baseline.model import Host, Room
from socle.baseline.settings import BadSetting

COMPUTED = "packages"
"""What rooms compute where they install packages (`RoomSettings.derive`)."""


def contradictions(host: Host, rooms: Sequence[Room]) -> Iterator[tuple[Room, BadSetting]]:
    """Settings by which a room would remove from ``host`` what another one installs there."""
    installers = {
        name: room.name for room in rooms for name in host.settings.get(room.prefix + COMPUTED, ())
    }
    for room in rooms:
        field = room.settings.removed_packages
        if field is None:
            continue
        for at, name in enumerate(host.settings.get(room.prefix + field, ())):
            if name in installers:
                wanted = (
                    f"packages that no room needs; the room {installers[name]} installs this one"
                )
                yield room, BadSetting((field, at), wanted, name)
