"""Seen from another line, and the evidence of an incident, over real machines and routers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from evidence_tools import key

from socle.baseline import load
from socle.commands.incident import incident
from socle.lab import Lab, run

pytestmark = pytest.mark.lab

WIFI, PASSWORD = "clef-du-wifi-7391-cabinet", "mot-de-passe-orthanc-8842"
PATIENT, TYPED = "DUPONT^JEAN", "Tape-Par-Erreur-1"
CANARIES = (WIFI, PASSWORD, "DUPONT", "JEAN", "19620412", TYPED)
STRANGER = "8.8.4.4"
PLANT = f"""
umask 077
install -d /etc/orthanc /var/log/orthanc /var/lib/orthanc/db-v6/ab
printf '%s' '{{ // Password of {PATIENT}
  "RegisteredUsers": {{"martin": "{PASSWORD}"}}, "RemoteAccessAllowed": true,
  "Name": "{PATIENT}", "OrthancPeers": {{"x": ["https://x/", "martin", "{PASSWORD}"]}}}}' \\
    > /etc/orthanc/orthanc.json
echo 'broken {PASSWORD}' > /etc/orthanc/broken.json
echo 'Association from {STRANGER} for {PATIENT} 19620412' > /var/log/orthanc/Orthanc.log
touch '/var/lib/orthanc/db-v6/ab/{PATIENT}-19620412'
install -d /etc/NetworkManager/system-connections
printf 'psk={WIFI}' > /etc/NetworkManager/system-connections/canary.nmconnection
logger -t orthanc 'New study of {PATIENT} 19620412'
"""
UPROOT = """
rm -rf /etc/orthanc /var/log/orthanc /var/lib/orthanc /etc/NetworkManager
"""


@pytest.fixture
def practice(boot, tmp_path) -> tuple[Lab, Path]:
    """A machine with an imaging program's files, in a practice that may sign."""
    lab = boot({"accueil": "bookworm"})
    folder = tmp_path / "inventories/cabinet"
    folder.mkdir(parents=True)
    (folder / "hosts.yml").write_text(
        "all:\n  vars:\n"
        f"    ansible_user: {lab.administrator}\n"
        f"    ansible_ssh_private_key_file: {lab.key_file}\n"
        "  hosts:\n"
        f"    accueil: {{ansible_host: {lab.machine('accueil').addresses[0]}}}\n"
    )
    (folder / "group_vars").mkdir()
    gateway = lab.network.gateways[0].partition("/")[0]
    (folder / "group_vars/all.yml").write_text(
        f"firewall_peers: {{administration: [{gateway}], box: [{gateway}]}}\n"
    )
    (folder / "known_hosts").write_text(lab.known_hosts.read_text())
    return lab, folder


def root_on(lab, command) -> str:
    done = run(lab, "accueil", command)
    assert done.returncode == 0, done
    return done.stdout


def test_no_secret_and_no_patient_is_in_what_was_gathered(practice, tmp_path, monkeypatch):
    lab, folder = practice
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root_on(lab, PLANT)
    typed = ["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
             "-o", "UserKnownHostsFile=/dev/null", f"{TYPED}@{lab.machine('accueil').addresses[0]}",
             "true"]  # fmt: skip
    subprocess.run(typed, capture_output=True, check=False)
    before = root_on(lab, "find /etc /var/lib/orthanc -xdev -type f -newer /proc/1 | sort | md5sum")
    try:
        out = tmp_path / "incident"
        assert incident(folder, out=out, key=key(tmp_path, "signer")) == 0
        after = root_on(
            lab, "find /etc /var/lib/orthanc -xdev -type f -newer /proc/1 | sort | md5sum"
        )
    finally:
        root_on(lab, UPROOT)
    assert after == before
    texts = {str(p.relative_to(out)): p.read_text() for p in out.rglob("*") if p.is_file()}
    assert not [(name, canary) for name, text in texts.items() for canary in CANARIES
                if canary in text]  # fmt: skip
    evidence = out / "evidence/accueil"
    assert "sshd" in (evidence / "listening.txt").read_text()
    assert "permitrootlogin" in (evidence / "sshd.txt").read_text()
    assert "openssh-server" in (evidence / "packages.txt").read_text()
    assert "invalid user" in (evidence / "journal-ssh.txt").read_text().lower()
    assert json.loads((evidence / "imaging-addresses.json").read_text()) == {STRANGER: 1}
    assert json.loads((evidence / "imaging-stored.json").read_text())["files"] == 1
    settings = json.loads((evidence / "orthanc-configuration.json").read_text())
    assert settings["/etc/orthanc/orthanc.json"]["RemoteAccessAllowed"] is True
    assert settings["/etc/orthanc/broken.json"] is None
    assert "1 adresse d" in texts["notification.md"]


def test_a_machine_that_is_off_is_named_and_the_others_are_gathered(
    practice, tmp_path, monkeypatch
):
    lab, folder = practice
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    hosts = folder / "hosts.yml"
    nobody = lab.machine("accueil").addresses[0].rpartition(".")[0] + ".250"
    hosts.write_text(f"{hosts.read_text()}    absent: {{ansible_host: {nobody}}}\n")
    assert set(load(folder).hosts) == {"accueil", "absent"}
    out = tmp_path / "incident"
    assert incident(folder, out=out, key=key(tmp_path, "signer")) == 4
    assert "Machine non interrogée" in (out / "notification.md").read_text()
    assert (out / "evidence/accueil/rules.nft.txt").is_file()
    assert not (out / "evidence/absent").exists()


CHAIN = """
set -e
for n in 0 1 2 3 4; do
    ip netns add expo$n; ip -n expo$n link set lo up
    ip netns exec expo$n sysctl -qw net.ipv4.ip_forward=1
done
for n in 0 1 2 3; do
    m=$((n + 1))
    ip link add right netns expo$n type veth peer name left netns expo$m
    ip -n expo$n address add 10.65.$n.1/24 dev right; ip -n expo$n link set right up
    ip -n expo$m address add 10.65.$n.2/24 dev left; ip -n expo$m link set left up
done
for n in 0 1 2 3; do ip -n expo$n route add default via 10.65.$n.2; done
for n in 2 3 4; do ip -n expo$n route add 10.65.0.0/24 via 10.65.$((n - 1)).1; done
"""
UNCHAIN = "for n in 0 1 2 3 4; do ip netns delete expo$n 2>/dev/null; done; :"
DISTANCE = "from socle.exposure.inside import distance; print(distance({address!r}))"


@pytest.fixture
def routers(need_a_lab):
    """Four routers in a row behind this one; the last one has 10.65.3.2."""
    subprocess.run(["sh", "-c", UNCHAIN], check=True)
    subprocess.run(["sh", "-c", CHAIN], check=True)
    yield
    subprocess.run(["sh", "-c", UNCHAIN], check=True)


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        pytest.param("10.65.0.2", "near", id="the-box-itself"),
        pytest.param("10.65.1.2", "near", id="a-box-behind-a-router"),
        pytest.param("10.65.3.2", "far", id="another-line"),
        pytest.param("10.65.0.9", "unknown", id="nobody"),
    ],
)
def test_whoever_stands_behind_the_box_is_found_out(routers, address, seen):
    words = ["ip", "netns", "exec", "expo0", sys.executable, "-c", DISTANCE.format(address=address)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == seen
