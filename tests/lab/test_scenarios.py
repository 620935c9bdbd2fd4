"""Broken hosts, named after the mistake: the check must see each, the next apply must mend it."""

from __future__ import annotations

import pytest
import yaml
from scenarios import ROLES, SCENARIOS, Batches, in_turn, seen_and_mended, selected

CONTROLS = [
    c["id"] for f in sorted(ROLES.glob("*/controls.yml")) for c in yaml.safe_load(f.read_text())
]
FEWEST = 2
WORKSTATIONS = ("medecin", "accueil")


@pytest.mark.parametrize("control", CONTROLS)
def test_every_control_has_at_least_two_broken_hosts(control):
    assert len([s for s in SCENARIOS if s.parent.name == control]) >= FEWEST


def test_no_scenario_belongs_to_an_unknown_control():
    assert {scenario.parent.name for scenario in SCENARIOS} <= set(CONTROLS)


@pytest.fixture(scope="module")
def batches(cabinet, request):
    cabinet.harden(*WORKSTATIONS, *cabinet.practice.groups["backup_servers"])
    cabinet.first_backup(*WORKSTATIONS)
    return Batches(cabinet, WORKSTATIONS, selected(request))


@pytest.mark.lab
@in_turn(None)
def test_the_mistake_is_seen_and_mended(batches, scenario):
    seen_and_mended(batches, scenario)
