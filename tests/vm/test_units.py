"""Confined services on a kernel of their own: they hold and work after a restart."""

from __future__ import annotations

import pytest
from confinement import MOST, exposures

from socle.lab.vm import reboot, restore

pytestmark = [pytest.mark.vm, pytest.mark.proof]
STATE = "sha256sum /etc/socle/firewall.nft && nft -s list table inet socle"


def test_services_hold_and_work_after_a_restart(vm_practice, clean_vm):
    name = clean_vm.name
    try:
        vm_practice.apply("firewall", "screen_lock", "backup")
        before = vm_practice.root_on(name, STATE)
        reboot(clean_vm)
        assert vm_practice.root_on(name, STATE) == before
        running = "systemctl is-active socle-firewall.service socle-lock.service"
        assert vm_practice.root_on(name, running).split() == ["active", "active"]
        assert vm_practice.root_on(name, "systemctl list-units --failed --no-legend 'socle*'") == ""
        vm_practice.root_on(name, "systemctl start socle-lock-sleep.service")
        found = exposures(vm_practice.root_on, name)
        assert {"socle-firewall.service", "socle-backup-offline@run.service"} <= found.keys()
        assert {unit: number for unit, number in found.items() if number > MOST} == {}
    finally:
        restore(clean_vm, "clean")
