"""Broken hosts, named after the mistake: the check must see each, the next apply must mend it.

And healthy ones that look odd: the check must let them pass.
"""

from __future__ import annotations

import pytest
import yaml
from scenarios import ROLES, SCENARIOS, Batches, in_turn, judged_rightly, selected

from socle.lab.scenarios import healthy, name, undo_of

CONTROLS = [
    c["id"] for f in sorted(ROLES.glob("*/controls.yml")) for c in yaml.safe_load(f.read_text())
]
FEWEST = 2
WORKSTATIONS = ("medecin", "accueil")


@pytest.mark.parametrize("control", CONTROLS)
def test_every_control_has_at_least_two_broken_hosts(control):
    assert len([s for s in SCENARIOS if s.parent.name == control and not healthy(s)]) >= FEWEST


def test_no_scenario_belongs_to_an_unknown_control():
    assert {scenario.parent.name for scenario in SCENARIOS} <= set(CONTROLS)


def test_a_person_undoes_every_healthy_oddity():
    assert [name(s) for s in SCENARIOS if healthy(s) and undo_of(s) is None] == []


@pytest.fixture(scope="module")
def batches(cabinet, request):
    cabinet.harden(*WORKSTATIONS, *cabinet.practice.groups["backup_servers"])
    cabinet.first_backup(*WORKSTATIONS)
    return Batches(cabinet, WORKSTATIONS, selected(request))


@pytest.mark.lab
@in_turn(None)
def test_the_scenario_is_judged_rightly(batches, scenario):
    judged_rightly(batches, scenario)
