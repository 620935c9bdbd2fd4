"""Seen from another line, and the evidence of an incident, over real machines and routers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from evidence_tools import key

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


MACHINES = {"accueil": "trixie", "imagerie": "bookworm"}
WRITTEN = "find /etc /var/lib/orthanc -xdev -type f -newer /proc/1 | sort | md5sum"


@pytest.fixture
def practice(boot, tmp_path, monkeypatch) -> tuple[Lab, Path]:
    """Two machines in a practice."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    lab = boot(MACHINES)
    folder = tmp_path / "inventories/cabinet"
    (folder / "group_vars").mkdir(parents=True)
    hosts = {name: {"ansible_host": lab.machine(name).addresses[0]} for name in MACHINES}
    login = {
        "ansible_user": lab.administrator,
        "ansible_ssh_private_key_file": str(lab.key_file),
    }
    groups = {"workstations": {"hosts": hosts}}
    (folder / "hosts.yml").write_text(json.dumps({"all": {"vars": login, "children": groups}}))
    gateway = lab.network.gateways[0].partition("/")[0]
    peers = {"administration": [gateway], "box": [gateway]}
    (folder / "group_vars/all.yml").write_text(json.dumps({"firewall_peers": peers}))
    (folder / "known_hosts").write_text(lab.known_hosts.read_text())
    return lab, folder


def root_on(lab, machine, command) -> str:
    done = run(lab, machine, command)
    assert done.returncode == 0, done
    return done.stdout


@pytest.fixture
def planted(practice):
    """On both machines an imaging program's files, secrets, and a password typed as a name."""
    lab, _ = practice
    for name in MACHINES:
        root_on(lab, name, PLANT)
        login = f"{TYPED}@{lab.machine(name).addresses[0]}"
        options = (f"UserKnownHostsFile={lab.known_hosts}", "BatchMode=yes")
        words = ["ssh", *(f"-o{option}" for option in options), login, "true"]
        assert subprocess.run(words, capture_output=True, check=False).returncode != 0
    yield practice
    for name in MACHINES:
        root_on(lab, name, UPROOT)


def test_no_secret_and_no_patient_is_in_what_was_gathered(planted, tmp_path):
    lab, folder = planted
    out = tmp_path / "incident"
    before = [root_on(lab, name, WRITTEN) for name in MACHINES]
    assert incident(folder, out=out, key=key(tmp_path, "signer")) == 0
    assert [root_on(lab, name, WRITTEN) for name in MACHINES] == before
    texts = {str(p.relative_to(out)): p.read_text() for p in out.rglob("*") if p.is_file()}
    assert not [(name, word) for name, text in texts.items() for word in CANARIES if word in text]
    assert texts["notification.md"].count("1 adresse d") == len(MACHINES)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_facts_are_there(planted, tmp_path, machine):
    _, folder = planted
    out = tmp_path / "incident"
    assert incident(folder, limit=[machine], out=out, key=key(tmp_path, "signer")) == 0
    evidence = out / "evidence" / machine
    for file, word in (
        ("listening.txt", "sshd"),
        ("sshd.txt", "permitrootlogin"),
        ("packages.txt", "openssh-server"),
        ("time.txt", "Timezone"),
        ("journal-ssh.txt", "nvalid user •••• "),
        ("files.txt", "/etc/orthanc/orthanc.json"),
    ):
        assert word in (evidence / file).read_text(), file
    assert json.loads((evidence / "imaging-addresses.json").read_text()) == {STRANGER: 1}
    assert json.loads((evidence / "imaging-stored.json").read_text())["files"] == 1
    settings = json.loads((evidence / "orthanc-configuration.json").read_text())
    assert settings["/etc/orthanc/orthanc.json"]["RemoteAccessAllowed"] is True
    assert settings["/etc/orthanc/broken.json"] is None


def test_a_machine_that_is_off_is_named_and_the_others_are_gathered(practice, tmp_path):
    lab, folder = practice
    file = folder / "hosts.yml"
    hosts = json.loads(file.read_text())
    nobody = lab.machine("accueil").addresses[0].rpartition(".")[0] + ".250"
    group = next(iter(hosts["all"]["children"].values()))
    group["hosts"]["absent"] = {"ansible_host": nobody}
    file.write_text(json.dumps(hosts))
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
