"""Networks that disappear and login shells that talk: with both engines and the checks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from socle import bounds
from socle.lab.commands import call
from socle.verify import Unknown, Verdict
from socle.verify.connections import Connections

pytestmark = pytest.mark.lab
HOST, OTHER = "accueil", "medecin"
LONG = f"touch /run/begun-$0; test $1 != {HOST} || sleep 120"
DEPLOY = f"""
from pyinfra.api import deploy
from socle.apply import command_on_change, observed, resolved_host

@deploy("Long")
def long():
    observed()
    script = f"sh -c '{LONG}' pyinfra {{resolved_host().name}}"
    command_on_change(script, when=[], or_when=True)

long()
"""
PLAY = f"""
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.command: sh -c '{LONG}' ansible {{{{ inventory_hostname }}}}
"""

READS = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.command: cat /etc/hostname
      register: answer
      failed_when: answer.stdout != inventory_hostname
"""


@contextmanager
def cut_off(lab_address: str):
    """Nothing goes to or comes from an address of the lab any more."""
    table = "inet socle-test-cut"
    chains = "".join(
        f"chain {hook} {{ type filter hook {hook} priority -400; ip {end} {lab_address} drop; }}\n"
        for hook, end in (("input", "saddr"), ("output", "daddr"))
    )
    call(["nft", "-f", "-"], stdin=f"table {table} {{\n{chains}}}\n")
    try:
        yield
    finally:
        call(["nft", "delete", "table", *table.split()])


def test_a_network_that_disappears_ends_that_host_and_no_other(hardened, tmp_path, monkeypatch):
    """Keepalives are a second apart here; by default, 10 s: an error within 60 s."""
    monkeypatch.setenv("SOCLE_ALIVE_SECONDS", "1")
    monkeypatch.setattr(bounds, "ALIVE_SECONDS", 1)
    (tmp_path / "deploy.py").write_text(DEPLOY)
    (tmp_path / "play.yml").write_text(PLAY)
    inventory, programs = hardened.folder / "inventory.py", Path(sys.executable).parent
    limits = ("--limit", HOST, "--limit", OTHER)
    runs = {
        "pyinfra": [programs / "pyinfra", inventory, tmp_path / "deploy.py", "-y", *limits],
        "ansible": [programs / "ansible-playbook", "-i", inventory, tmp_path / "play.yml",
                    "--limit", f"{HOST},{OTHER}"],
    }  # fmt: skip
    connections = Connections(hardened.practice.hosts)
    connections.open([HOST, OTHER])

    def asked() -> str:
        with pytest.raises(Unknown) as caught:
            connections.link(HOST).run(f"sh -c '{LONG}' verify {HOST}", 100)
        return str(caught.value)

    with ThreadPoolExecutor(3) as pool:
        waiting = {name: pool.submit(run, hardened.root, words) for name, words in runs.items()}
        waiting["verify"] = pool.submit(asked)
        begun = " && ".join(f"test -e /run/begun-{name}" for name in waiting)
        hardened.root_on(HOST, f"until {begun}; do sleep 0.1; done; rm /run/begun-*")
        began = time.monotonic()
        with cut_off(hardened.practice.hosts[HOST].connection.address):
            results = {name: one.result(60) for name, one in waiting.items()}
            seconds = time.monotonic() - began
            assert connections.link(OTHER).run("echo well").stdout == b"well\n"
    connections.close()
    hardened.root_on(HOST, "pkill -f '[s]leep 120' || :")
    hardened.root_on(OTHER, "rm /run/begun-pyinfra /run/begun-ansible")

    assert seconds < 30
    code, said = results["pyinfra"]
    assert (code, f"[{HOST}]" in said, "the host went away" in said) == (1, True, True), said
    assert f"Failed: {HOST}." in said
    code, said = results["ansible"]
    assert code == 4, said
    assert "unreachable=1" in next(line for line in said.splitlines() if "unreachable=1" in line)
    assert "cannot be asked" in results["verify"]


def run(folder: Path, words: list[object]) -> tuple[int, str]:
    done = subprocess.run(
        [*map(str, words)], cwd=folder, env=os.environ, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.fixture
def talkative(hardened):
    """A host whose administrator's shell says something at every login."""
    user = hardened.practice.hosts[HOST].connection.user
    home = hardened.root_on(HOST, f"getent passwd {user} | cut -d: -f6").strip()
    hardened.root_on(HOST, f"cp -a {home}/.bashrc /root/bashrc 2>/dev/null || touch /root/bashrc")
    hardened.root_on(HOST, f"sed -i '1i echo Bienvenue; echo Attention >&2' {home}/.bashrc")
    yield hardened
    hardened.root_on(HOST, f"mv /root/bashrc {home}/.bashrc")


def test_a_login_shell_that_talks_changes_nothing(talkative, tmp_path):
    output = talkative.pyinfra("-y", "--limit", HOST)
    assert talkative.changes(output) == 0
    found = talkative.verdicts(limit=(HOST,), controls=("firewall-default-deny", "updates-fresh"))
    assert {outcome.verdict for outcome in found.values()} == {Verdict.PASS}
    (tmp_path / "play.yml").write_text(READS)
    inventory, program = talkative.folder / "inventory.py", "ansible-playbook"
    talkative._run(0, program, "-i", inventory, tmp_path / "play.yml", "--limit", HOST)
    output = talkative.ansible("--check", "--tags", "firewall", "--limit", HOST)
    assert talkative.changes(output) == 0


@pytest.fixture
def forgetful(hardened):
    """A practice that forgets the operator on one of its hosts."""
    peers = yaml.safe_load((hardened.folder / "group_vars/all.yml").read_text())["firewall_peers"]
    own = hardened.folder / f"host_vars/{HOST}.yml"
    assert not own.exists()
    own.parent.mkdir(exist_ok=True)
    own.write_text(yaml.safe_dump({"firewall_peers": {**peers, "administration": ["192.0.2.1"]}}))
    yield hardened
    own.unlink()


def refused(cabinet, output: str) -> bool:
    operator = f"10.77.{cabinet.network}.1"
    said = " ".join(output.split())
    return f"efused before any change: no inbound flow lets {operator} reach port 22/tcp" in said


def test_a_host_that_would_lock_its_operator_out_stops_no_other(forgetful):
    rules = forgetful.root_on(HOST, "sha256sum /etc/socle/*")
    forgetful.root_on(OTHER, "rm /etc/socle/canary.nft")
    told = ("--data", f"socle_give_up={HOST}")  # else the address itself is asked about first
    limits = ("--limit", HOST, "--limit", OTHER)
    assert refused(forgetful, forgetful.pyinfra("-y", *limits, *told, code=1))
    assert forgetful.root_on(HOST, "sha256sum /etc/socle/*") == rules
    forgetful.root_on(OTHER, "test -f /etc/socle/canary.nft")


def test_nor_does_it_with_ansible(forgetful):
    output = forgetful.ansible(
        "--limit", f"{HOST},{OTHER}", "--tags", "firewall", "--check", code=2
    )
    assert refused(forgetful, output)
    recap = output[output.index("PLAY RECAP") :]
    assert re.search(rf"{HOST} .*failed=1", recap)
    assert re.search(rf"{OTHER} .*changed=0 .*failed=0", recap)
