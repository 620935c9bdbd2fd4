"""A run of site.yml by Ansible is whole, or it ends with a sentence and an exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
CONVERGE = ROOT / "molecule/default/converge.yml"
ASKED = "Use inventories/PRACTICE/inventory.py as inventory"
"""What the first task says of an inventory that is no practice's: the run has begun."""


def playbook(*words, cwd=ROOT, config=None, code=2):
    environment = {name: text for name, text in os.environ.items() if name != "ANSIBLE_CONFIG"}
    done = subprocess.run(
        [BIN / "ansible-playbook", *words],
        cwd=cwd,
        env=environment | ({"ANSIBLE_CONFIG": str(config)} if config else {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == code, done.stdout
    assert "Traceback" not in done.stdout
    return " ".join(done.stdout.split())


@pytest.fixture
def inventory(tmp_path):
    file = tmp_path / "hosts.yml"
    file.write_text("all: {hosts: {desk: {ansible_connection: local}}, children: {servers: }}\n")
    return ("-i", file)


def test_a_run_without_a_machine_is_no_success(tmp_path):
    assert "no machine: expected -i inventories/PRACTICE/inventory.py" in playbook("site.yml")
    nothing = tmp_path / "hosts.yml"
    nothing.write_text("all: {hosts: {}}\n")
    assert "no machine: expected -i" in playbook("-i", nothing, "site.yml")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--tags", "firewal"], "no task has the tag 'firewal'; did you mean firewall?"),
        (["--skip-tags", "backups"], "no task has the tag 'backups'; did you mean backup?"),
        (["--limit", "desk,deskk"], "--limit: no machine is named by 'deskk'; did you mean desk?"),
        (["--limit", "all:!dsk"], "--limit: no machine is named by 'dsk'; did you mean desk?"),
        (["--limit", "desk,servers"], "--limit: no machine is named by 'servers'"),
        (["--skip-tags", "always", "--tags", "backup"], "what is always to run would be left out"),
        (["--skip-tags", "tagged"], "what is always to run would be left out"),
        (["--start-at-task", "Rules are loaded at boot"], "--start-at-task leaves out"),
        (["--step"], "--step leaves out what is always to run"),
        (["--tags", "always"], "no room would run"),
        (["--tags", "backup", "--skip-tags", "backup"], "no room would run"),
    ],
)
def test_a_run_of_a_part_that_is_none_is_refused(inventory, words, said):
    output = playbook(*inventory, "site.yml", "--check", *words)
    assert f"refused before any change: {said}" in output
    assert "TASK" not in output


@pytest.mark.parametrize(
    "words", [["--list-tags", "--tags", "x"], ["--list-hosts"], ["--syntax-check"]]
)
def test_what_only_lists_is_not_judged(inventory, words):
    playbook(*inventory, "site.yml", *words, code=0)


def test_a_room_alone_begins(inventory):
    assert ASKED in playbook(*inventory, "site.yml", "--check", "--tags", "backup")


def test_from_another_folder_the_checkout_s_ansible_cfg_is_asked_for(inventory, tmp_path):
    words = (*inventory, ROOT / "site.yml", "--check")
    output = playbook(*words, cwd=tmp_path)
    assert f"refused before any change: Ansible has not read {ROOT}/ansible.cfg" in output
    assert "TASK" not in output
    assert ASKED in playbook(*words, cwd=tmp_path, config=ROOT / "ansible.cfg")


def test_molecule_runs_a_room_alone(inventory, tmp_path):
    words = (*inventory, CONVERGE, "--tags=firewall")
    assert ASKED in playbook(*words, cwd=tmp_path, config=ROOT / "ansible.cfg")


def test_settings_that_stand_in_no_file_of_the_practice(inventory, tmp_path):
    said = "firewall_log_per_minute: expected this setting in the practice's group_vars/"
    file = tmp_path / "more.json"
    file.write_text(json.dumps({"firewall_refusals": [], "mine": 1}))
    words = (*inventory, "site.yml", "--check", "-e")
    output = playbook(*words, "firewall_log_per_minute=20", "-e", f"@{file}")
    assert f"refused before any change: -e: {said}" in output
    assert "-e: firewall_refusals: expected a known setting" in output
    assert "TASK" not in output
    assert ASKED in playbook(*words, "socle_give_up=desk mine=1 ansible_user=me")


@pytest.fixture
def own_play(tmp_path):
    """``play(text)``: a playbook of one's own beside site.yml, in a copy of the checkout."""
    for name in ("ansible.cfg", "action_plugins", "callback_plugins", "roles", "socle"):
        (tmp_path / name).symlink_to(ROOT / name)

    def written(text, *words, code=2):
        (tmp_path / "play.yml").write_text(f"- {{{text}}}\n")
        return playbook(
            "play.yml", *words, cwd=tmp_path, config=tmp_path / "ansible.cfg", code=code
        )

    return written


def test_a_play_of_one_s_own_with_rooms_is_judged_too(inventory, own_play):
    room = "gather_facts: false, roles: [{role: backup, tags: [copies]}]"
    output = own_play(f"hosts: servers, {room}", *inventory)
    assert "refused before any change: no machine" in output
    words = (f"hosts: all, {room}", *inventory, "--tags")
    assert "no task has the tag 'copy'; did you mean" in own_play(*words, "copy")


def test_a_limit_of_one_s_own_pattern(inventory):
    for limit in ("~de.*", "all:&desk"):
        assert ASKED in playbook(*inventory, "site.yml", "--check", "--limit", limit)


def test_other_playbooks_are_left_alone(inventory, tmp_path):
    other = tmp_path / "play.yml"
    other.write_text("- {hosts: all, gather_facts: false, tasks: [{ping: , tags: [one]}]}\n")
    playbook(*inventory, other, "--tags", "two", config=ROOT / "ansible.cfg", code=0)
