"""Broken hosts, named after the mistake: the check must see each, the next apply must mend it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from socle.verify.verdicts import Verdict

ROLES = Path(__file__).parents[2] / "roles"
SCENARIOS = sorted(ROLES.glob("*/scenarios/*/*.fail.sh"))
HEADER = re.compile(r"^# (host|lab): (\S+)$", re.MULTILINE)
CONTROLS = [
    c["id"] for f in sorted(ROLES.glob("*/controls.yml")) for c in yaml.safe_load(f.read_text())
]
FEWEST = 2


def header(scenario: Path) -> dict[str, str]:
    """``# host: NAME`` where it is not the usual host, ``# lab: vm`` where it takes a real disk."""
    return dict(HEADER.findall(scenario.read_text()))


HERE = [scenario for scenario in SCENARIOS if header(scenario).get("lab") != "vm"]


@pytest.mark.parametrize("control", CONTROLS)
def test_every_control_has_at_least_two_broken_hosts(control):
    assert len([s for s in SCENARIOS if s.parent.name == control]) >= FEWEST


def test_no_scenario_belongs_to_an_unknown_control():
    assert {scenario.parent.name for scenario in SCENARIOS} <= set(CONTROLS)


@pytest.fixture(scope="module")
def converged(cabinet):
    cabinet.pyinfra("-y")
    cabinet.first_backup("medecin")
    return cabinet


@pytest.mark.lab
@pytest.mark.parametrize("scenario", HERE, ids=lambda s: f"{s.parent.name}/{s.name[:-8]}")
def test_the_mistake_is_seen_and_mended(converged, scenario):
    host, control = header(scenario).get("host", "medecin"), scenario.parent.name

    def verdict():
        return converged.verdicts(limit=(host,), controls=(control,))[host, control]

    converged.root_on(host, scenario.read_text())
    broken = verdict()
    assert broken.verdict is Verdict.FAIL, broken.detail
    undo = scenario.with_name(scenario.name.replace(".fail.sh", ".undo.sh"))
    if undo.exists():
        converged.root_on(host, undo.read_text())
    converged.pyinfra("-y", "--limit", host)
    mended = verdict()
    assert mended.verdict is Verdict.PASS, mended.detail
