"""Two machines verify themselves: as delivered by both engines, broken, acknowledged, signed."""

from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path

import pytest
from confinement import MOST, exposures
from labs import net, net6, number, standing
from practices import Practice
from scenarios import Batches, judged_rightly, of_lab, selected

from socle.commands.labs import lab_of
from socle.evidence.bundle import read
from socle.lab import run
from socle.verify import Verdict
from socle.verify.replay import judge

pytestmark = pytest.mark.lab

MACHINES = {"ancien": "bookworm", "nouveau": "trixie"}
STATE = "/var/lib/socle/watch"
CHECKS = 5.1
"""What the service that runs the checks may reach more than others: it looks at everything."""
LOOK = "systemctl start socle-watch.service"
HOSTS = """---
all:
  vars:
    ansible_user: adm-socle
    ansible_ssh_private_key_file: {folder}-machines/id_ed25519
  children:
    servers:
      hosts:
        ancien: {{ansible_host: {net}.21, socle_addresses: [{net}.21, "{net6}::21"]}}
        nouveau: {{ansible_host: {net}.22, socle_addresses: [{net}.22, "{net6}::22"]}}
"""
LAB = """---
network:
  bridge: socle-watch{number}
  gateways: [{net}.1/24, "{net6}::1/64"]
machines: {{ancien: bookworm, nouveau: trixie}}
"""
SETTINGS = """---
firewall_peers:
  administration: [{net}.1, "{net6}::1"]
  box: [{net}.1, "{net6}::1"]
alerting_enabled: true
alerting_contact: "Prestataire Démo, 05 00 00 00 00"
alerting_mail:                       # nobody answers there
  relay: localhost
  port: 2525
  security: none
  sender: socle@cabinet.example
  recipients: [it@provider.example]
alerting_drop: {{kind: folder, folder: /srv/preuves}}
"""


class Watched(Practice):
    """A practice of two servers that look at themselves."""

    def __init__(self, root: Path, folder: Path) -> None:
        super().__init__(root, folder)
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "group_vars").mkdir(parents=True)
        shutil.copy(root / "inventories/demo/inventory.py", folder)
        words = {"number": number(), "net": net("watched"), "net6": net6("watched")}
        for name, text in (
            ("hosts.yml", HOSTS),
            ("lab.yml", LAB),
            ("group_vars/all.yml", SETTINGS),
        ):
            (folder / name).write_text(text.format(folder=folder, **words))
        self.lab = lab_of(self.practice)

    def root_on(self, machine: str, command: str, timeout: float = 300) -> str:
        done = run(self.lab, machine, command, timeout=timeout)
        assert done.returncode == 0, done
        return done.stdout

    def look(self, machine: str) -> dict:
        """Let a machine look at itself; its report."""
        self.root_on(machine, LOOK)
        return json.loads(self.root_on(machine, f"cat {STATE}/last.json"))

    def bundles(self, machine: str, folder: Path) -> list[Path]:
        """The bundles of a machine with their signatures, brought here."""
        folder.mkdir(exist_ok=True)
        for name in self.root_on(machine, f"ls {STATE}/bundles").split():
            content = self.root_on(machine, f"base64 -w0 {STATE}/bundles/{name}")
            (folder / name).write_bytes(base64.b64decode(content))
        return sorted(folder.glob(f"{machine}-*.bundle"))


@pytest.fixture(scope="module")
def watched(need_a_lab, pytestconfig):
    root = pytestconfig.rootpath
    made = Watched(root, root / f"build/watched-{number()}")
    with standing(made.lab):
        shutil.copy(made.lab.known_hosts, made.folder / "known_hosts")
        for name in MACHINES:
            made.root_on(name, "install -d /srv/preuves")
        made.pyinfra("-y")
        for name in MACHINES:
            made.look(name)
        yield made


@pytest.fixture(scope="module")
def batches(watched, request):
    return Batches(watched, tuple(MACHINES), selected(request))


def test_ansible_finds_nothing_to_do_after_pyinfra(watched):
    assert watched.changes(watched.ansible("--tags", "alerting")) == 0


def test_what_ansible_delivers_is_what_pyinfra_would(watched):
    watched.root_on(
        "nouveau",
        "systemctl disable --now socle-watch.timer; systemctl stop socle-watch.service;"
        "rm -r /usr/local/lib/socle/verify* /etc/socle/watch.json /usr/local/sbin/socle-watch"
        " /etc/systemd/system/socle-watch.*",
    )
    watched.ansible("--tags", "alerting", "--limit", "nouveau")
    assert watched.changes(watched.pyinfra("-y", "--limit", "nouveau")) == 0


@pytest.mark.parametrize("machine", MACHINES)
def test_a_machine_judges_itself_as_its_bundle_does_elsewhere(watched, machine, tmp_path):
    report = watched.look(machine)
    newest = watched.bundles(machine, tmp_path)[-1]
    assert newest.name == report["bundle"]
    _, outcomes = judge(read(newest), root=watched.root)
    assert {one.control: str(one.verdict) for one in outcomes} == report["verdicts"]
    assert Verdict.FAIL not in report["verdicts"].values()
    assert report["verdicts"]["updates-fresh"] == "pass"


@pytest.mark.parametrize("machine", MACHINES)
def test_its_verdicts_are_the_operators_but_for_what_takes_another_machine(watched, machine):
    own = watched.look(machine)["verdicts"]
    ours = {control: o.verdict for (_, control), o in watched.verdicts(limit=(machine,)).items()}
    for control, verdict in own.items():
        assert verdict in {ours[control], "unknown"}, control
    beyond = {control for control, verdict in own.items() if verdict != ours[control]}
    assert beyond == {"firewall-default-deny", "egress-filtering", "imaging-listeners"}


@pytest.mark.parametrize("machine", MACHINES)
def test_the_service_that_looks_reaches_no_more_than_it_must(watched, machine):
    found = exposures(watched.root_on, machine)
    assert found.pop("socle-watch.service") <= CHECKS
    assert max(found.values()) <= MOST


def test_what_breaks_is_worse_until_it_is_mended(watched):
    assert watched.look("nouveau")["worse"] == []
    watched.root_on("nouveau", "nft flush ruleset")
    broken = watched.look("nouveau")
    assert {"firewall-default-deny", "host-public-reachability"} <= set(broken["worse"])
    assert [(one["way"], one["ok"]) for one in broken["attempts"]] == [
        ("mail", False),
        ("folder", True),
    ]
    assert watched.look("nouveau")["worse"] == []  # known by now
    watched.root_on("nouveau", "systemctl restart nftables.service socle-firewall.service")
    assert not [v for v in watched.look("nouveau")["verdicts"].values() if v == "fail"]


def test_the_operator_knows_the_machines_signatures(watched, tmp_path):
    watched.socle("watch", "keys", watched.folder)
    signers = (watched.folder / "allowed_signers").read_text()
    watched.socle("watch", "keys", watched.folder)
    assert (watched.folder / "allowed_signers").read_text() == signers
    for machine in MACHINES:
        watched.look(machine)
        watched.bundles(machine, tmp_path)
    said = watched.socle("evidence", "verify", tmp_path, "--practice", watched.folder)
    signed = re.findall(r"signed by machine:[0-9a-f]{16}/(\w+) ", said)
    assert set(signed) == set(MACHINES)
    newest = sorted(tmp_path.glob("*.bundle"))[-1]
    newest.write_bytes(newest.read_bytes() + b"\0")
    watched.socle("evidence", "verify", tmp_path, "--practice", watched.folder, code=1)


def test_bundles_are_dropped_and_silence_is_noticed(watched, tmp_path):
    watched.socle("watch", "keys", watched.folder)
    for machine in MACHINES:
        watched.look(machine)
    for name in watched.root_on("ancien", "ls /srv/preuves").split():
        content = watched.root_on("ancien", f"base64 -w0 /srv/preuves/{name}")
        (tmp_path / name).write_bytes(base64.b64decode(content))
    said = watched.socle("evidence", "silence", watched.folder, tmp_path, code=1)
    assert "nouveau" in said


def test_only_root_reads_what_a_machine_was_told_and_found(watched):
    modes = watched.root_on("ancien", f"stat -c '%a %U' /etc/socle/watch.json {STATE} {STATE}/*")
    assert {line.split()[0] for line in modes.splitlines()} <= {"600", "700"}
    told = json.loads(watched.root_on("ancien", "cat /etc/socle/watch.json"))
    assert not [k for k in told["practice"]["hosts"]["nouveau"]["settings"] if "firewall" in k]


def test_nobodys_login_shell_takes_more_of_the_machine_than_a_look_may_have(watched):
    watched.root_on(
        "nouveau",
        "useradd --create-home --shell /bin/bash bavard;"
        "echo 'head -c 2500M /dev/zero' >~bavard/.profile",
    )
    try:
        verdicts = watched.look("nouveau")["verdicts"]
    finally:
        watched.root_on("nouveau", "userdel --remove bavard 2>&1")
    assert verdicts["shell-timeout"] == "unknown"
    assert "fail" not in verdicts.values()
    limits = watched.root_on("nouveau", "systemctl show -p MemoryMax,TasksMax socle-watch.service")
    assert "infinity" not in limits


@pytest.mark.proof
@of_lab("watch")
def test_the_scenario_is_judged_rightly(batches, scenario):
    judged_rightly(batches, scenario)
