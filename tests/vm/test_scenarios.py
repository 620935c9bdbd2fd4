"""Broken hosts that take a real disk: seen and mended like all others (``# lab: vm``)."""

from __future__ import annotations

import pytest
from scenarios import of_lab, seen_and_mended

pytestmark = pytest.mark.vm


@pytest.fixture(scope="module")
def converged(vm_practice):
    vm_practice.pyinfra("-y")
    return vm_practice


@of_lab("vm")
def test_the_mistake_is_seen_and_mended(converged, scenario):
    seen_and_mended(converged, converged.vm.name, scenario)
