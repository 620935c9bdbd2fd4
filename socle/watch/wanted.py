"""What a practice wants of a machine that verifies itself: the settings of the room for that.

No other module of the watch knows their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wanted:
    """One host's wishes, out of its ``settings`` (variable name -> value)."""

    settings: Mapping[str, Any]

    @property
    def enabled(self) -> bool:
        """Whether the machine verifies itself; false where no room asks for it."""
        return bool(self.settings.get("alerting_enabled"))

    @property
    def contact(self) -> str:
        """Whom a warning tells people to call."""
        return str(self.settings["alerting_contact"])

    @property
    def mail(self) -> dict[str, Any] | None:
        """The relay that takes warnings, and who reads them."""
        found: dict[str, Any] | None = self.settings["alerting_mail"]
        return found

    @property
    def drop(self) -> dict[str, Any] | None:
        """The place that takes signed bundles."""
        found: dict[str, Any] | None = self.settings["alerting_drop"]
        return found

    @property
    def keep_bundles(self) -> int:
        """How many bundles stay on the machine."""
        return int(self.settings["alerting_keep_bundles"])

    @property
    def acknowledge_days(self) -> int:
        """For how many days somebody may know of a broken promise."""
        return int(self.settings["alerting_acknowledge_days"])
