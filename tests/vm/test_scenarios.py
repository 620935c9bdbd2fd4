"""Broken hosts that take a real disk: seen and mended like all others (``# lab: vm``)."""

from __future__ import annotations

import pytest
from scenarios import Batches, of_lab, seen_and_mended, selected

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
def test_the_mistake_is_seen_and_mended(batches, scenario):
    seen_and_mended(batches, scenario)
