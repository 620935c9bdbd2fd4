"""Two engines, one result: pyinfra and Ansible leave twin machines in the same state."""

from __future__ import annotations

import pytest

from socle.lab import reset

pytestmark = pytest.mark.lab

# Everything that the rooms could have touched, in words that do not depend on the machine.
STATE = """
cd / && find etc var/lib/socle -xdev \\( -path '*socle*' -o -path '*nftables*' \\) \
    -exec stat -c '%n %F %a %U %G' {} + | sort
find etc -xdev -path '*socle*' -type f -exec sha256sum {} + | sort -k 2
find etc/systemd -type l -printf '%p -> %l\\n' | sort
dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\\n'
systemctl list-unit-files --no-legend | grep -E 'socle|nftables'
systemctl show --property=Id,ActiveState,UnitFileState,NeedDaemonReload socle-firewall nftables
nft -s list ruleset
"""


@pytest.fixture(scope="module")
def twins(cabinet):
    """accueil and medecin as they come from the installer; then one engine for each."""
    for name in ("accueil", "medecin"):
        reset(cabinet.lab, name)
    cabinet.pyinfra("-y", "--limit", "accueil")
    cabinet.ansible("--limit", "medecin")
    return cabinet


def test_twins_end_in_the_same_state(twins):
    assert twins.root_on("accueil", STATE) == twins.root_on("medecin", STATE)


def test_ansible_finds_nothing_to_do_after_pyinfra(twins):
    assert twins.changes(twins.ansible("--limit", "accueil")) == 0


def test_pyinfra_finds_nothing_to_do_after_ansible(twins):
    assert twins.changes(twins.pyinfra("-y", "--limit", "medecin")) == 0


def test_ansible_check_mode_tells_what_would_change_and_changes_nothing(twins):
    twins.root_on("medecin", "rm /etc/socle/canary.nft && nft delete table inet socle")
    before = twins.root_on("medecin", STATE)
    output = twins.ansible("--limit", "medecin", "--check", "--diff")
    assert "unsolicited4" in output
    assert twins.changes(output) > 0
    assert twins.root_on("medecin", STATE) == before
    assert twins.changes(twins.ansible("--limit", "medecin")) > 0
    assert twins.root_on("accueil", STATE) == twins.root_on("medecin", STATE)


def test_a_dry_run_shows_every_line_and_changes_nothing(twins):
    twins.root_on("accueil", "rm -r /etc/socle && nft delete table inet socle")
    before = twins.root_on("accueil", STATE)
    output = twins.pyinfra("--dry", "--diff", "--limit", "accueil")
    for expected in ("--- /etc/socle/firewall.nft (absent)", "+++ /etc/socle/firewall.nft (600",
                     'comment "ssh-administration"', "! systemctl reload-or-restart"):  # fmt: skip
        assert expected in output
    assert twins.root_on("accueil", STATE) == before
    twins.pyinfra("-y", "--limit", "accueil")
    assert twins.root_on("accueil", STATE) == twins.root_on("medecin", STATE)
