"""Services of ours give up what they do not need (`systemd-analyze security`), and still work."""

from __future__ import annotations

import re

import pytest
from confinement import MOST, exposures

from socle.apply.guard import SCRIPT

pytestmark = pytest.mark.lab

GUARD = re.search(r"<<UNIT\n(\[Unit\].*?\[Service\].*?)UNIT\n", SCRIPT, re.DOTALL)
"""The unit that the guard writes for as long as it is armed."""
PLACE = "/run/systemd/system/socle-guard.service"


@pytest.fixture
def unharmed(hardened):
    """The practice, where a test leaves nothing that an apply would mend."""
    settled = set(hardened.settled)
    yield hardened
    hardened.settled |= settled


@pytest.mark.parametrize(
    ("machine", "needed"),
    [
        ("medecin", {"socle-firewall", "socle-guard", "socle-lock", "socle-lock-sleep"}),
        ("sauvegarde", {"socle-firewall", "socle-guard", "socle-backup-offline@run"}),
        ("imagerie", {"socle-firewall", "socle-guard", "socle-backup@run", "socle-reboot"}),
    ],
)  # Debian 13, 12, 12
def test_no_service_is_exposed(unharmed, machine, needed):
    guard = GUARD[1].replace("${guard%/*}", "/var/lib/socle")
    reload = "systemctl daemon-reload"
    unharmed.root_on(machine, f"cat >{PLACE} <<'END'\n{guard}END\n{reload}")
    found = exposures(unharmed.root_on, machine)
    unharmed.root_on(machine, f"rm {PLACE}; {reload}")
    assert {f"{name}.service" for name in needed} <= found.keys()
    assert {unit: number for unit, number in found.items() if number > MOST} == {}


@pytest.mark.parametrize("machine", ["medecin", "imagerie"])
def test_copies_are_made_checked_and_brought_back_by_their_services(unharmed, machine):
    for verb in ("run", "check", "restore-test"):
        unit = f"socle-backup@{verb}.service"
        said = unharmed.root_on(machine, f"systemctl start {unit} || journalctl -n 30 -u {unit}")
        assert said == "", verb


def test_a_backup_server_prunes_by_its_service(unharmed):
    unharmed.root_on("accueil", "socle-backup run")  # all its clients have copies now
    unit = "socle-backup@prune.service"
    start = f"systemctl start {unit} || journalctl -n 30 -u {unit}"
    assert unharmed.root_on("sauvegarde", start) == ""


@pytest.mark.parametrize("machine", ["medecin", "imagerie"])
def test_the_service_of_restarts_sees_the_machine_and_asks_for_the_restart(unharmed, machine):
    """Its systemctl is replaced by one that says what it was asked; all else is the service's."""
    said = unharmed.root_on(
        machine,
        r"""
export TZ=Europe/Paris  # the practice's, in which its windows are
now=$(date --date='-1 hour' +%H:%M)-$(date --date='+1 hour' +%H:%M)
mkdir -p /run/essai /run/systemd/system/socle-reboot.service.d
cat >/run/essai/systemctl <<'END'
#!/bin/sh
[ "$1" != reboot ] || { echo "asked: $*"; exit 0; }
exec /usr/bin/systemctl "$@"
END
chmod 755 /run/essai/systemctl && touch /run/reboot-required
cat >/run/systemd/system/socle-reboot.service.d/essai.conf <<END
[Service]
Environment=PATH=/run/essai:/usr/bin
ExecStart=
ExecStart=/usr/bin/python3 -u /usr/local/lib/socle/updates/reboot.py daily/$now
END
systemctl daemon-reload && systemctl start socle-reboot.service
said() { journalctl --output=cat --since=-10s -u socle-reboot.service; }
until said | grep -qE 'asked|logged in|Error'; do sleep 0.2; done
said
systemctl stop socle-reboot.service
rm -rf /run/essai /run/reboot-required /run/systemd/system/socle-reboot.service.d
systemctl daemon-reload
""",
    )
    assert "asked: reboot --check-inhibitors=yes" in said or "is logged in" in said, said


def test_a_service_that_somebody_opened_is_closed_again(hardened):
    unit = "/etc/systemd/system/socle-firewall.service"
    hardened.root_on("medecin", f"sed -i /^ProtectSystem=/d {unit}")
    assert hardened.changes(hardened.pyinfra("-y", "--limit", "medecin")) > 0
    assert exposures(hardened.root_on, "medecin")["socle-firewall.service"] <= MOST
