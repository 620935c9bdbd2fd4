"""No service of ours is forgotten: each begins with what none of them needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from socle.apply.guard import SCRIPT
from socle.baseline import load
from socle.render import render

ROOT = Path(__file__).parents[2]
COMMON = [
    line
    for line in (ROOT / "socle/apply/unit.conf.j2").read_text().splitlines()
    if not line.startswith("#")
]
PRACTICE = load(ROOT / "inventories/demo")
SERVICES = [
    template
    for room in PRACTICE.rooms
    for template in room.templates
    if Path(template.target).match("/etc/systemd/system/socle-*.service")
]


@pytest.mark.parametrize("template", SERVICES, ids=lambda template: Path(template.target).name)
def test_a_service_begins_with_what_none_needs(template):
    settings = PRACTICE.hosts["imagerie"].settings
    lines = render(template.source, settings, ROOT).splitlines()
    first = lines.index(COMMON[0])
    assert lines[first : first + len(COMMON)] == COMMON
    assert not [line for line in lines[:first] if line.partition("=")[0] in _names(COMMON)]


def test_the_guards_own_service_does_too():
    """It is written by a script that travels alone, so it cannot include the others' lines."""
    assert "\n".join(COMMON) in SCRIPT


def test_every_service_is_looked_at():
    assert len(SERVICES) == len(
        list(ROOT.glob("roles/*/templates/etc/systemd/system/*.service.j2"))
    )


def _names(lines):
    return {line.partition("=")[0] for line in lines}
