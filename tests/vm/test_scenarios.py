"""Broken and odd hosts that take a real disk, judged like all others (``# lab: vm``)."""

from __future__ import annotations

import pytest
from scenarios import Batches, judged_rightly, of_lab, selected

from socle.lab.vm import restore

pytestmark = [pytest.mark.vm, pytest.mark.proof(apart=True)]  # slow: emulation


def lane(scenario):
    """The start menu and the records of a disk have nothing to do with what is on the disks."""
    apart = {"boot-chain-protected", "backup-offline"}
    return scenario.parent.name if scenario.parent.name in apart else "disks"


@pytest.fixture(scope="module")
def batches(vm_practice, request):
    restore(vm_practice.vm, "clean")
    vm_practice.apply("disk_encryption", "backup")
    return Batches(vm_practice, [vm_practice.vm.name], selected(request), lane)


@of_lab("vm")
def test_the_scenario_is_judged_rightly(batches, scenario):
    judged_rightly(batches, scenario)
