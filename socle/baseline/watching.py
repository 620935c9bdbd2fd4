"""What a practice wants of a machine that verifies itself, as the room that offers it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from socle.baseline.model import Room


@dataclass(frozen=True)
class Watch:
    """One host's wishes.

    ``control``: the one that judges the watch. ``contact``: whom a warning tells people to call.
    ``mail``: the relay that takes warnings, and who reads them. ``drop``: the place that takes
    signed bundles. ``keep_bundles``: how many stay on the machine. ``acknowledge_days``: for how
    many days somebody may know of a broken promise.
    """

    control: str
    contact: str
    mail: Mapping[str, Any] | None
    drop: Mapping[str, Any] | None
    keep_bundles: int
    acknowledge_days: int


def watch_of(rooms: Iterable[Room], settings: Mapping[str, Any]) -> Watch | None:
    """How a host with these ``settings`` verifies itself; None where no room asks for it."""
    return next(filter(None, (room.settings.watches(settings) for room in rooms)), None)
