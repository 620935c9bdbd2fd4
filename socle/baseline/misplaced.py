"""Settings that somebody gives to an engine instead of writing them into the practice's files.

Checks would not know them, the next run would not have them; one engine would take them unchecked,
the other would not take them at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from socle.baseline import variables, words
from socle.baseline.connection import ConnectionSettings
from socle.baseline.model import Room

GIVE_UP = "socle_give_up"
"""The one word of Socle's that an operator gives to an apply."""


def misplaced(names: Collection[str], rooms: Iterable[Room]) -> Iterator[str]:
    """What to say of each of ``names`` that is a setting, or is named like one."""
    found = list(rooms)
    ours = ("socle_", *(room.prefix for room in found))
    reaching = ConnectionSettings.model_fields
    suspects = [
        name for name in names if name != GIVE_UP and (name.startswith(ours) or name in reaching)
    ]
    known = variables.catalogue(found, ConnectionSettings) if suspects else {}
    for name in sorted(suspects):
        if name not in known:
            prefix = next(one for one in ours if name.startswith(one))
            alike = [one for one in (GIVE_UP, *known) if one.startswith(prefix)]
            yield f"{name}: expected {words.unknown('setting', name, alike)}"
        elif known[name].secret:
            yield f"{name}: expected this secret in the practice's secrets.yml"
        else:
            yield f"{name}: expected this setting in the practice's group_vars/ or host_vars/"
