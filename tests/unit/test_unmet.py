"""What settings need and no flow lets pass: asked by `socle check`, refused by both engines."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from unit_fixtures import CONTROLS, SETTINGS

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
NEEDS = """
    def needed_flows(self, host: Any, practice: Any) -> Any:
        yield Need(("label",), "vers-relais", "out", 25, "relay.example", (), "Courriel")

    def permits(self, host: Any, need: Any) -> bool:
        return any(need.port in flow.ports for flow in self.flows)

    def derive(
"""
HOSTS = """
all:
  children:
    workstations: {hosts: {desk: {ansible_connection: local}}}
"""
SAID = """a flow (out) that lets desk reach relay.example on port 25/tcp
    Write this in group_vars/all.yml, below toy_flows:
      - name: vers-relais
"""


@pytest.fixture
def practice(toy):
    needing = SETTINGS.replace("import Flow,", "import Flow, Need,")
    toy.write("/roles/toy/settings.py", needing.replace("\n    def derive(", NEEDS.rstrip()))
    toy.write("/roles/toy/controls.yml", CONTROLS)
    toy.write("/deploy.py", "from socle.apply import observed\nobserved()\n")
    toy.write("/play.yml", """
        - hosts: all
          gather_facts: false
          tasks: [{ansible.builtin.import_tasks: socle/apply/ansible/refuse.yml}]
        """)  # fmt: skip
    toy.write("hosts.yml", HOSTS)
    shutil.copy(ROOT / "inventories/local/inventory.py", toy.folder)
    (toy.root / ".venv").symlink_to(sys.prefix)
    (toy.root / "socle").symlink_to(ROOT / "socle")
    return toy


def engine(practice, code, *words):
    done = subprocess.run(
        [BIN / words[0], *words[1:]],
        cwd=practice.root,
        env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == code, done.stdout
    return " ".join(done.stdout.replace("\\n", "\n").split())


@pytest.mark.usefixtures("own_places")
@pytest.mark.filterwarnings("ignore:Cyclopts application invoked without tokens")
def test_all_three_say_the_same_until_the_stanza_is_there(practice, socle):
    asked = socle("check", "inventories/p", code=3)
    assert SAID in asked
    inventory = "inventories/p/inventory.py"
    pyinfra = ("pyinfra", inventory, "deploy.py", "-y")
    ansible = ("ansible-playbook", "-i", inventory, "play.yml")
    for code, words in ((1, pyinfra), (2, ansible)):
        said = engine(practice, code, *words)
        assert "efused before any change: roles/toy/settings.py:0: toy_label: expected" in said
        assert " ".join(SAID.split()) in said
    stanza = asked[asked.index("      - name:") : asked.index("1 host")]
    practice.write("group_vars/all.yml", f"toy_flows:\n{stanza}")
    socle("check", "inventories/p")
    assert practice.load().unmet == {}
