"""Two engines, one result: pyinfra and Ansible leave the same machine in the same state."""

from __future__ import annotations

import pytest
import yaml

from socle.lab import reset

pytestmark = pytest.mark.lab

HOST = "medecin"

# All that the rooms could have touched. Left out: what a package's own scripts date or draw.
STATE = """
cd / && find etc usr/local var/lib/socle -xdev \\( -name ssl -o -name '*.db' -o -name '*~' \
    -o -name 'ld.so.cache' -o -path etc/.pwd.lock -o -path var/lib/socle/guard \\) -prune \
    -o -exec stat -c '%n %F %a %U %G' {} + | sort
find etc usr/local -xdev \\( -name ssl -o -name '*-' -o -name 'ld.so.cache' -o -name shadow \\) \
    -prune -o -type f -exec sha256sum {} + | sort -k 2
find etc/systemd etc/xdg etc/dconf -type l -printf '%p -> %l\\n' | sort
dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\\n'
systemctl list-unit-files --no-legend | awk '$2 != "transient" {print $1, $2}' | sort
systemctl list-unit-files --no-legend 'socle-*' 'nftables*' | awk '{print $1}' | sort \
    | xargs systemctl show --property=Id,ActiveState,UnitFileState,NeedDaemonReload
nft -s list ruleset
"""


@pytest.fixture(scope="module")
def by_ansible(cabinet):
    """The machine as Ansible leaves it, and how pyinfra had left the same one."""
    states = {}
    if not cabinet.as_installed:
        reset(cabinet.lab, HOST)
        cabinet.settled.discard(HOST)
    cabinet.harden()  # all of them at once: the files that follow need the others
    states["pyinfra"] = cabinet.root_on(HOST, STATE)
    after = cabinet.ansible("--limit", HOST)
    states["ansible after pyinfra"] = after
    reset(cabinet.lab, HOST)
    cabinet.ansible("--limit", HOST)
    return cabinet, states


def test_both_end_in_the_same_state(by_ansible):
    cabinet, states = by_ansible
    assert cabinet.root_on(HOST, STATE).splitlines() == states["pyinfra"].splitlines()


def test_ansible_finds_nothing_to_do_after_pyinfra(by_ansible):
    cabinet, states = by_ansible
    assert cabinet.changes(states["ansible after pyinfra"]) == 0, states["ansible after pyinfra"]


def test_pyinfra_finds_nothing_to_do_after_ansible(by_ansible):
    cabinet, _ = by_ansible
    output = cabinet.pyinfra("-y", "--limit", HOST)
    assert cabinet.changes(output) == 0, output


ALONE = {
    "medecin": "updates",
    "imagerie": "screen_lock",
    "sauvegarde": "disk_encryption",
    "accueil": "backup",
}


def test_a_room_that_is_alone_needs_nothing_of_site_yml(by_ansible, tmp_path):
    cabinet, _ = by_ansible
    play = tmp_path / "play.yml"
    rooms = [
        {"hosts": host, "gather_facts": False, "roles": [room]} for host, room in ALONE.items()
    ]
    play.write_text(yaml.dump(rooms))
    words = ("ansible-playbook", "-i", cabinet.folder / "inventory.py", "--check", play)
    output = cabinet._run(0, *words)
    assert output.count("The machine is asked what is installed and what runs]") == len(ALONE)
    assert cabinet.changes(output) == 0, output


def test_ansible_finds_nothing_to_do_after_itself(by_ansible):
    cabinet, _ = by_ansible
    output = cabinet.ansible("--limit", HOST)
    assert cabinet.changes(output) == 0, output


def test_ansible_check_mode_tells_what_would_change_and_changes_nothing(by_ansible):
    cabinet, states = by_ansible
    cabinet.root_on(HOST, "rm /etc/socle/canary.nft && nft delete table inet socle")
    before = cabinet.root_on(HOST, STATE)
    output = cabinet.ansible("--limit", HOST, "--tags", "firewall", "--check", "--diff")
    assert "unsolicited4" in output
    assert cabinet.changes(output) > 0
    assert cabinet.root_on(HOST, STATE) == before
    assert cabinet.changes(cabinet.ansible("--limit", HOST, "--tags", "firewall")) > 0
    assert cabinet.root_on(HOST, STATE).splitlines() == states["pyinfra"].splitlines()


def test_a_dry_run_shows_every_line_and_changes_nothing(by_ansible):
    cabinet, states = by_ansible
    cabinet.root_on(HOST, "rm /etc/socle/*.nft && nft delete table inet socle")
    before = cabinet.root_on(HOST, STATE)
    output = cabinet.pyinfra("--dry", "--diff", "--limit", HOST)
    for expected in ("--- /etc/socle/firewall.nft (absent)", "+++ /etc/socle/firewall.nft (600",
                     'comment "ssh-administration"', "! systemctl reload-or-restart"):  # fmt: skip
        assert expected in output
    assert cabinet.root_on(HOST, STATE) == before
    cabinet.pyinfra("-y", "--limit", HOST)
    assert cabinet.root_on(HOST, STATE).splitlines() == states["pyinfra"].splitlines()
