"""A line that got lost in the practice's files switches nothing off: both engines ask first."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.lab
HOST, OTHER = "accueil", "sauvegarde"
LOST = (  # nobody's mistake yet: a group is taken out of a list
    "place: off-site\n    hosts: [workstations, imaging_servers]",
    "place: off-site\n    hosts: [imaging_servers]",
)
CONFIG = "cat /etc/socle/backup.json /etc/socle/declared"


@pytest.fixture
def forgetful(hardened):
    """The hardened practice, whose workstations have lost their copy at the provider's."""
    with hardened.edited("group_vars/all.yml", *LOST):
        yield hardened


def said(output: str) -> str:
    return " ".join(output.split())


def test_without_a_word_nothing_is_changed_and_other_machines_go_on(forgetful):
    before = forgetful.root_on(HOST, CONFIG)
    forgetful.root_on(OTHER, "rm /etc/socle/canary.nft")
    output = forgetful.pyinfra("-y", "--limit", HOST, "--limit", OTHER, code=1)
    assert f"no longer declared for {HOST}, so an apply gives up: " in said(output)
    assert "- copies to distant" in output
    assert f"--data socle_give_up={HOST}" in output
    forgetful.root_on(OTHER, "test -e /etc/socle/canary.nft")
    output = forgetful.ansible("--limit", HOST, "--tags", "backup", code=2)
    assert "so an apply gives up: copies to distant. If that is meant" in said(output)
    assert f"-e socle_give_up={HOST}" in output
    assert forgetful.changes(output) == 0
    assert forgetful.root_on(HOST, CONFIG) == before


def test_one_room_alone_gives_nothing_up_either(forgetful, tmp_path):
    before = forgetful.root_on(HOST, CONFIG)
    inventory = forgetful.folder / "inventory.py"
    room = ("pyinfra", inventory, "roles.backup.deploy.backup", "-y", "--limit", HOST)
    play = tmp_path / "play.yml"
    play.write_text(f"- {{hosts: {HOST}, gather_facts: false, roles: [backup]}}\n")
    for code, words in ((1, room), (2, ("ansible-playbook", "-i", inventory, play))):
        output = said(forgetful._run(code, *words))
        assert f"no longer declared for {HOST}, so an apply gives up:" in output
        assert "copies to distant" in output
    assert forgetful.root_on(HOST, CONFIG) == before


def test_a_plan_lists_it(forgetful):
    output = forgetful.pyinfra("--dry", "--limit", HOST)
    assert "- copies to distant" in output.partition("Detected changes")[2]
    output = forgetful.ansible("--limit", HOST, "--tags", "backup", "--check")
    assert "copies to distant" in output
    assert forgetful.changes(output) > 0


def test_with_the_machines_name_it_is_done_and_asked_no_more(forgetful):
    forgetful.pyinfra("-y", "--limit", HOST, "--data", f"socle_give_up={HOST}")
    assert "distant" not in forgetful.root_on(HOST, CONFIG)
    assert forgetful.changes(forgetful.pyinfra("-y", "--limit", HOST)) == 0
    forgetful.ansible("--limit", HOST, "--tags", "backup")


FLOWS = "firewall_flows:\n"
NEW = """  - name: telemaintenance
    direction: in
    protocol: tcp
    ports: [5900]
    peers: [10.77.12.99]
    hosts: [workstations]
    purpose: "Un essai"
    asked_by: "Dr Essai"
"""


@pytest.mark.proof  # what a run begins is noted in one place, and asked about in the next test
def test_a_run_of_one_room_is_known_too(hardened):
    """Ansible has begun what the files forget afterwards; pyinfra asks, and can give it up."""
    with hardened.edited("group_vars/all.yml", FLOWS, FLOWS + NEW):
        hardened.ansible("--limit", HOST, "--tags", "firewall")
    output = hardened.pyinfra("-y", "--limit", HOST, code=1)
    assert "- flow telemaintenance" in output
    hardened.pyinfra("-y", "--limit", HOST, "--data", f"socle_give_up={HOST}")
    assert "5900" not in hardened.root_on(HOST, "nft list ruleset; cat /etc/socle/declared")


def test_a_run_that_did_not_get_to_its_end_is_known_too(hardened):
    """pyinfra has begun what the files forget afterwards; Ansible asks."""
    late = "/etc/socle/screen-lock.json"
    hardened.root_on(HOST, f"mv {late} {late}.kept && mkdir {late}")
    try:
        with hardened.edited("group_vars/all.yml", FLOWS, FLOWS + NEW):
            hardened.pyinfra("-y", "--limit", HOST, code=1)
    finally:
        hardened.root_on(HOST, f"rmdir {late} && mv {late}.kept {late}")
    output = hardened.ansible("--limit", HOST, "--tags", "firewall", code=2)
    assert "flow telemaintenance" in said(output)
    hardened.pyinfra("-y", "--limit", HOST, "--data", f"socle_give_up={HOST}")
    assert hardened.changes(hardened.ansible("--limit", HOST, "--tags", "firewall")) == 0
