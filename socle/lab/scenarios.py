"""Broken hosts, and healthy ones that look odd: scripts below ``roles/ROOM/scenarios/CONTROL/``.

``MISTAKE.fail.sh`` is what a control must see, ``ODDITY.pass.sh`` what it must let pass.
"""

from __future__ import annotations

import re
from pathlib import Path

from socle.errors import short
from socle.lab.errors import LabError

BROKEN, HEALTHY = ".fail.sh", ".pass.sh"
_PLACE = f"ROOM/scenarios/CONTROL/MISTAKE{BROKEN} or ODDITY{HEALTHY}"
_HEADER = re.compile(r"^# (host|lab): (\S+)$", re.MULTILINE)


def find(roles: Path) -> list[Path]:
    """The scenarios of all rooms below ``roles``, in alphabetical order."""
    return sorted(file for end in (BROKEN, HEALTHY) for file in roles.glob(f"*/scenarios/*/*{end}"))


def within(file: Path, roles: Path) -> Path:
    """The file, absolute. LabError where it is no scenario of a room below ``roles``."""
    found = file.resolve()
    if found not in find(roles.resolve()):
        raise LabError(f"{file}: expected a scenario of a room, {short(roles)}/{_PLACE}")
    return found


def name(scenario: Path) -> str:
    """``CONTROL/MISTAKE``, as the tests name it."""
    return f"{scenario.parent.name}/{_own(scenario)}"


def healthy(scenario: Path) -> bool:
    """Whether the control must let the host pass."""
    return scenario.name.endswith(HEALTHY)


def header(scenario: Path) -> dict[str, str]:
    """``# host: NAME`` where it is not the usual host, ``# lab: vm`` where it takes a real disk."""
    return dict(_HEADER.findall(scenario.read_text(encoding="utf-8")))


def undo_of(scenario: Path) -> Path | None:
    """What a person does where no engine can mend the world: ``MISTAKE.undo.sh``, if it is there.

    It takes the place of an apply. A healthy oddity has one: no apply is to change it.
    """
    undo = scenario.with_name(f"{_own(scenario)}.undo.sh")
    return undo if undo.exists() else None


def _own(scenario: Path) -> str:
    return scenario.name.removesuffix(BROKEN).removesuffix(HEALTHY)
