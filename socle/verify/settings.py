"""A host's resolved settings, as a check reads them: ``settings.screen_lock_idle_seconds``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from socle.baseline.model import Host


class Settings(Mapping[str, Any]):
    """Read-only: an attribute a variable, and a mapping for templates.

    An unknown attribute is an AttributeError that names the nearest variable.
    """

    __slots__ = ("_host",)

    def __init__(self, host: Host) -> None:
        """Read the settings of ``host``."""
        object.__setattr__(self, "_host", host)

    def __getitem__(self, name: str) -> Any:
        """Give a variable's value. Raises KeyError."""
        host: Host = object.__getattribute__(self, "_host")
        return host.settings[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the variables' names."""
        host: Host = object.__getattribute__(self, "_host")
        return iter(host.settings)

    def __len__(self) -> int:
        """Count the variables."""
        return sum(1 for _ in self)

    def __getattr__(self, name: str) -> Any:
        """Give a variable's value. Raises AttributeError for a name that no room knows."""
        if name in self:
            return self[name]
        close = get_close_matches(name, self, n=1)
        meant = f": did you mean {close[0]}?" if close else ""
        raise AttributeError(f"{self._host.name} has no setting {name}{meant}")

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: a check measures, it changes nothing."""
        raise AttributeError(f"settings are read only: {name} is set in the practice's files")
