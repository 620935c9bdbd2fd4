"""With Ansible too, a host that answers without end fails alone. ssh is a program of the test."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SSH = """#!/bin/sh
case "$*" in
*bavard.invalid*) exec 3<&0; cat <&3 >/dev/null & exec yes without end ;;
*) cat >/dev/null; echo '{"changed": false}' ;;
esac
"""
HOSTS = """
all:
  vars: {ansible_ssh_executable: PLACE/ssh, ansible_python_interpreter: /usr/bin/python3}
  hosts:
    accueil: {ansible_host: accueil.invalid}
    bavard: {ansible_host: bavard.invalid}
"""
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.command: echo one
    - ansible.builtin.debug: {msg: "{{ lookup('ansible.builtin.pipe', 'ulimit -v') }} KiB"}
"""


@pytest.fixture
def play(tmp_path):
    """``play("ulimit -v 1")``: the playbook's exit code and output, started behind that."""
    (tmp_path / "ssh").write_text(SSH)
    (tmp_path / "ssh").chmod(0o755)
    (tmp_path / "hosts.yml").write_text(HOSTS.replace("PLACE", str(tmp_path)))
    (tmp_path / "play.yml").write_text(PLAY)

    def run(before=":", *words):
        playbook = Path(sys.executable).with_name("ansible-playbook")
        done = subprocess.run(
            ["sh", "-c", f'{before}; exec "$@"', "sh", playbook, "-i", tmp_path / "hosts.yml",
             tmp_path / "play.yml", *words],
            env={**os.environ, "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg")},
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    return run


def test_every_worker_has_a_bound(play):
    code, said = play(":", "--limit=accueil")
    assert code == 0, said
    assert "1048576 KiB" in said


def test_a_tighter_bound_of_the_operators_stays(play):
    _, said = play("ulimit -Sv 900000", "--limit=accueil")
    assert "900000 KiB" in said


def test_a_host_that_answers_without_end_fails_alone(play):
    code, said = play("ulimit -v 400000")
    assert code == 2, said
    assert "fatal: [bavard]: FAILED!" in said
    assert "accueil                    : ok=2" in said
