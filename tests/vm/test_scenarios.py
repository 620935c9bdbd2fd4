"""Broken hosts that take a real disk: seen and mended like all others (``# lab: vm``)."""

from __future__ import annotations

import pytest
from scenarios import of_lab, seen_and_mended

from socle.lab.vm import restore, save

pytestmark = pytest.mark.vm


@pytest.fixture(scope="module")
def converged(vm_practice):
    restore(vm_practice.vm, "clean")
    vm_practice.pyinfra("-y")
    save(vm_practice.vm, "converged")
    return vm_practice


@of_lab("vm")
def test_the_mistake_is_seen_and_mended(converged, scenario):
    try:
        seen_and_mended(converged, converged.vm.name, scenario)
    except BaseException:
        restore(converged.vm, "converged")  # one mistake that stays must not break the next test
        raise
