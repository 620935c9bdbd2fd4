"""Broken hosts that take a real disk: seen and mended like all others (``# lab: vm``)."""

from __future__ import annotations

import pytest
from scenarios import Batches, of_lab, seen_and_mended, selected

from socle.lab.vm import restore, save

pytestmark = pytest.mark.vm

CONVERGED = "converged"


class FreshBatches(Batches):
    """Each batch breaks the machine as the apply left it: what one leaves spoils no other."""

    def _run(self, batch):
        restore(self.practice.vm, CONVERGED)
        super()._run(batch)


@pytest.fixture(scope="module")
def batches(vm_practice, request):
    restore(vm_practice.vm, "clean")
    vm_practice.pyinfra("-y")
    save(vm_practice.vm, CONVERGED)
    return FreshBatches(vm_practice, [vm_practice.vm.name], selected(request))


@of_lab("vm")
def test_the_mistake_is_seen_and_mended(batches, scenario):
    seen_and_mended(batches, scenario)
