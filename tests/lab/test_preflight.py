"""Whatever a room refuses, it refuses before the first room changes anything, in both engines."""

from __future__ import annotations

import re

import pytest
from rooms import need

need("firewall", "screen_lock", "imaging", "backup", "alerting")
pytestmark = pytest.mark.lab
HOST, OTHER = "imagerie", "hebergeur"
PENDING = "/etc/profile.d/socle-timeout.sh"
"""A file of a room that refuses nothing: both engines would write it anew."""
STATE = (
    "find /etc /usr/local /boot -printf '%p %m %u %g %T@\\n' | sort; dpkg-query -W; "
    "systemctl list-unit-files --state=enabled,disabled,masked; nft -s list ruleset; "
    "ls -A /var/lib/socle"
)
REFUSED = (
    "removing ucf would take openssh-server along, which is needed",
    "no password of Orthanc's account socle. Set imaging_orthanc: true and make it with",
    "no password of nouveau. Make passwords with: socle backup passwords",
    "no alerting_mail_password in secrets.yml for the account of alerting_mail",
)
"""A sentence of each room that can refuse a host, in the order in which they are told."""
RELAY = "expected a flow (out) that lets imagerie reach 10.77.{}.77 on port 2525/tcp"
"""What no flow lets pass: `socle check` asks it, and prints the lines to add."""
MISTAKES = """---
firewall_forbidden_packages: [{packages}]
imaging_orthanc: true
backup_repositories:
  - name: nouveau
    kind: server
    server: sauvegarde
    medium: nas
    place: on-site
    hosts: [imaging_servers]
alerting_enabled: true
alerting_mail:
  relay: 10.77.{network}.77
  port: 2525
  sender: a@example.org
  recipients: [b@example.org]
  user: a
"""


@pytest.fixture(scope="module")
def mistaken(cabinet):
    """The practice, with a host that every room refuses, and something that waits to be changed."""
    cabinet.harden(HOST, OTHER)
    known = cabinet.practice.hosts[HOST].settings["firewall_forbidden_packages"]
    packages = ", ".join([*known, "ucf"])
    file = cabinet.folder / f"host_vars/{HOST}.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(MISTAKES.format(packages=packages, network=cabinet.network))
    cabinet.root_on(HOST, f"rm {PENDING}")
    yield cabinet
    file.unlink()


@pytest.mark.parametrize(("engine", "code"), [("pyinfra", 1), ("ansible", 2)])
def test_what_all_rooms_refuse_is_told_together_and_nothing_is_changed(mistaken, engine, code):
    run, before = getattr(mistaken, engine), mistaken.root_on(HOST, STATE)
    asked = mistaken.socle("check", mistaken.folder, code=3)
    question = asked[asked.index(RELAY.format(mistaken.network)) :].split("purpose:")[0]
    apply, plan = (("-y",), "--dry") if engine == "pyinfra" else ((), "--check")
    for output in (
        run(*apply, "--limit", HOST, code=code),
        run(plan, "--limit", HOST, code=code),
    ):
        said = " ".join(output.split())
        for sentence in REFUSED:  # Ansible says it as an error and as a result
            assert said.count(f"efused before any change: {sentence}") == code, output
        assert " ".join(question.split()) in said, output
    assert mistaken.root_on(HOST, STATE) == before


def test_the_other_machines_go_on(mistaken):
    mistaken.root_on(OTHER, f"rm {PENDING}")
    mistaken.pyinfra("-y", "--limit", HOST, "--limit", OTHER, code=1)
    mistaken.root_on(OTHER, f"test -e {PENDING}")
    rooms = ("--tags", "imaging,backup")
    said = mistaken.ansible("--limit", f"{HOST},{OTHER}", *rooms, code=2)
    assert re.search(rf"^{OTHER} .* failed=0 ", said, re.MULTILINE)
    after = said.partition("that a room refuses]")[2].partition("TASK [backup :")[2]
    assert re.search(rf"^(ok|changed): \[{OTHER}\]", after, re.MULTILINE)
    assert f"[{HOST}]" not in after


def test_some_rooms_refuse_for_themselves(mistaken, tmp_path):
    """Ansible's tags ask the room that is meant; a room that is used alone asks itself."""
    before = mistaken.root_on(HOST, STATE)
    said = mistaken.ansible("--limit", HOST, "--tags", "imaging", code=2)
    play = tmp_path / "play.yml"
    play.write_text(f"- {{hosts: {HOST}, gather_facts: false, roles: [imaging]}}\n")
    words = ("ansible-playbook", "-i", mistaken.folder / "inventory.py", play)
    alone = mistaken._run(2, *words)
    for output in (said, alone):
        told = " ".join(output.split())
        assert f"efused before any change: {REFUSED[1]}" in told
        assert REFUSED[0] not in told
    assert mistaken.root_on(HOST, STATE) == before
