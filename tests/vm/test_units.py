"""Confined services on a kernel of their own: they work after a restart, and the way back too."""

from __future__ import annotations

import pytest
from confinement import MOST, exposures

from socle.apply.guard import SCRIPT
from socle.lab.vm import reboot, restore

pytestmark = [pytest.mark.vm, pytest.mark.proof]
STATE = "sha256sum /etc/socle/firewall.nft && nft -s list table inet socle"
CUT = f"""
sh -s -- 3 'inet socle' '' /etc/socle/firewall.nft <<'END'
{SCRIPT}
guard_arm "$@"
END
echo '# cut off' >>/etc/socle/firewall.nft && nft delete table inet socle
for second in $(seq 60); do [ -e /var/lib/socle/guard ] || break; sleep 1; done
until ! systemctl is-active --quiet socle-guard.service; do sleep 0.2; done
! test -e /var/lib/socle/guard.restoring || journalctl -u socle-guard
"""


def test_services_hold_and_work_after_a_restart(vm_practice, clean_vm):
    name = clean_vm.name
    try:
        vm_practice.apply("firewall", "screen_lock", "backup")
        before = vm_practice.root_on(name, STATE)
        reboot(clean_vm)
        assert vm_practice.root_on(name, STATE) == before
        running = "systemctl is-active socle-firewall.service socle-lock.service"
        assert vm_practice.root_on(name, running).split() == ["active", "active"]
        assert vm_practice.root_on(name, "systemctl --failed --no-legend 'socle*'") == ""
        vm_practice.root_on(name, "systemctl start socle-lock-sleep.service")
        found = exposures(vm_practice.root_on, name)
        assert {"socle-firewall.service", "socle-backup-offline@run.service"} <= found.keys()
        assert {unit: number for unit, number in found.items() if number > MOST} == {}

        assert vm_practice.root_on(name, CUT) == ""
        assert vm_practice.root_on(name, STATE) == before
    finally:
        restore(clean_vm, "clean")
