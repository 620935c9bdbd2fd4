"""What the room refuses, by Ansible's preflight, on this computer and with a machine's answer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - import_role: {name: alerting, tasks_from: preflight}
    - debug: {msg: "refused {{ alerting_refusals | to_json }} "}
"""


@pytest.fixture
def refused(tmp_path):
    """``refused(answer)``: what the room refuses where a machine said so of its Python."""
    play = tmp_path / "play.yml"
    play.write_text(PLAY)

    def run(answer: str, **settings: object) -> str:
        said = {"alerting_seen": {"stdout_lines": answer.splitlines()}}
        said |= {"alerting_enabled": True, "alerting_mails_as_user": False}
        said |= {"alerting_python": sys.executable, **settings}
        done = subprocess.run(
            [Path(sys.executable).parent / "ansible-playbook", "-i", "localhost,",
             "-c", "local", play, "-e", json.dumps(said)],
            cwd=tmp_path, env={"ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), "PATH": "/bin"},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.replace("\\", "")

    run.folder = tmp_path
    return run


def test_a_machine_without_a_python_and_an_account_without_a_password(refused):
    said = refused("", alerting_mails_as_user=True)
    assert 'refused ["no alerting_mail_password in secrets.yml for the account of' in said
    assert "alerting needs python3 on the machine: install it there" in said
    assert "refused [] " in refused("", alerting_enabled=False)


def test_what_a_machine_says_is_no_command_here(refused):
    said = refused(f"python 2.7 x86_64;touch${{IFS}}{refused.folder}/made\n")
    assert "a machine verifies itself with Python 3.11 or 3.13" in said
    assert not (refused.folder / "made").exists()
