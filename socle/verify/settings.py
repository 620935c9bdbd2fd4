"""A host's resolved settings, as a check reads them: ``settings.screen_lock_idle_seconds``."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from socle.baseline.model import Host


class Settings:
    """Read-only attributes, one a variable; an unknown name is an AttributeError that helps."""

    __slots__ = ("_host",)

    def __init__(self, host: Host) -> None:
        """Read the settings of ``host``."""
        object.__setattr__(self, "_host", host)

    def __getattr__(self, name: str) -> Any:
        """Give a variable's value. Raises AttributeError for a name that no room knows."""
        host: Host = object.__getattribute__(self, "_host")
        if name in host.settings:
            return host.settings[name]
        close = get_close_matches(name, host.settings, n=1)
        meant = f": did you mean {close[0]}?" if close else ""
        raise AttributeError(f"{host.name} has no setting {name}{meant}")

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: a check measures, it changes nothing."""
        raise AttributeError(f"settings are read only: {name} is set in the practice's files")

    def __dir__(self) -> Iterable[str]:
        """List the variables, for a debugger's completion."""
        return sorted(object.__getattribute__(self, "_host").settings)
