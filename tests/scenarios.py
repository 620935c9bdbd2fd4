"""Broken hosts, named after the mistake: ``roles/*/scenarios/CONTROL/MISTAKE.fail.sh``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from socle.verify.verdicts import Verdict

ROLES = Path(__file__).parents[1] / "roles"
SCENARIOS = sorted(ROLES.glob("*/scenarios/*/*.fail.sh"))
HEADER = re.compile(r"^# (host|lab): (\S+)$", re.MULTILINE)


def header(scenario: Path) -> dict[str, str]:
    """``# host: NAME`` where it is not the usual host, ``# lab: vm`` where it takes a real disk."""
    return dict(HEADER.findall(scenario.read_text()))


def of_lab(lab: str | None) -> pytest.MarkDecorator:
    """The test's parameter ``scenario``: those of one kind of machine (None: the containers)."""
    chosen = [scenario for scenario in SCENARIOS if header(scenario).get("lab") == lab]
    names = [f"{scenario.parent.name}/{scenario.name[:-8]}" for scenario in chosen]
    return pytest.mark.parametrize("scenario", chosen, ids=names)


def seen_and_mended(practice, host: str, scenario: Path) -> None:
    """The check fails on the broken host, and holds again after an undo, if any, and an apply."""
    control = scenario.parent.name

    def verdict():
        return practice.verdicts(limit=(host,), controls=(control,))[host, control]

    practice.root_on(host, scenario.read_text())
    broken = verdict()
    assert broken.verdict is Verdict.FAIL, broken.detail
    undo = scenario.with_name(scenario.name.replace(".fail.sh", ".undo.sh"))
    if undo.exists():
        practice.root_on(host, undo.read_text())
    practice.pyinfra("-y", "--limit", host)
    mended = verdict()
    assert mended.verdict is Verdict.PASS, mended.detail
