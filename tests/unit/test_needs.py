"""What the real rooms ask of the demo practice once something that they need is not said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from rooms import needs

from socle.baseline import load
from socle.errors import BadPractice

ROOT = Path(__file__).parents[2]
pytestmark = needs("firewall")  # it says what is permitted
RELAY = "{{relay: {}, port: 2525, sender: it@example.org, recipients: [it@example.org]}}"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMoCLsSeYbzhnkXZsiI1kR11LAYtZzgkmlJ/tdRnbrsL"


@pytest.fixture
def practice(tmp_path) -> Path:
    folder = tmp_path / "demo"
    shutil.copytree(ROOT / "inventories/demo", folder)
    for made in ("secrets.yml", "vault-password", "known_hosts", "allowed_signers"):
        (folder / made).unlink(missing_ok=True)
    return folder


def add(folder: Path, text: str, file: str = "group_vars/all.yml") -> None:
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "---\n") + f"{text}\n")


def without(folder: Path, *flows: str) -> None:
    file = folder / "group_vars/all.yml"
    data = yaml.safe_load(file.read_text())
    data["firewall_flows"] = [one for one in data["firewall_flows"] if one["name"] not in flows]
    file.write_text(yaml.safe_dump(data, sort_keys=False))


def questions(folder: Path) -> list[str]:
    asked = load(folder, root=ROOT).questions
    return [str(one).removeprefix(f"{folder}/").partition(": ")[2] for one in asked]


def test_the_demo_has_no_question(practice):
    assert questions(practice) == []


@needs("backup")
def test_each_missing_flow_of_a_copy_has_its_stanza(practice):
    without(practice, "sauvegarde-vers-serveur", "sauvegarde")
    asked = load(practice, root=ROOT).questions
    clients, port = "accueil, medecin, imagerie", "on port 22/tcp"
    assert [one.expected for one in asked] == [
        f"a flow (in) that lets {clients} reach sauvegarde {port}",
        f"a flow (out) that lets {clients} reach sauvegarde {port}",
        f"a flow (in) that lets {clients} reach hebergeur {port}",
    ]
    assert [one.where for one in asked] == [
        *["backup_repositories.serveur"] * 2,
        "backup_repositories.distant",
    ]
    assert all(one.file == practice / "group_vars/all.yml" and one.line > 1 for one in asked)
    into, out, away = asked
    assert load(practice, root=ROOT).unmet == {
        **dict.fromkeys(("accueil", "medecin", "imagerie"), (out,)),
        "sauvegarde": (into,),
        "hebergeur": (away,),
    }, "an apply refuses with the same words"
    data = yaml.safe_load((practice / "group_vars/all.yml").read_text())
    for one in asked:
        first, stanza = one.advice.split("\n", 1)
        assert first == "Write this in group_vars/all.yml, below firewall_flows:"
        data["firewall_flows"] += yaml.safe_load(stanza)
    (practice / "group_vars/all.yml").write_text(yaml.safe_dump(data))
    assert questions(practice) == [], "the stanzas are complete"
    assert load(practice, root=ROOT).unmet == {}


@needs("backup")
def test_a_flow_for_another_account_is_none(practice):
    file = practice / "group_vars/all.yml"
    data = yaml.safe_load(file.read_text())
    for one in data["firewall_flows"]:
        if one["name"] == "sauvegarde-vers-serveur":
            one["users"] = ["orthanc"]
    file.write_text(yaml.safe_dump(data))
    (asked,) = questions(practice)
    assert "reach sauvegarde on port 22/tcp" in asked


@needs("alerting")
@pytest.mark.parametrize(
    ("relay", "asked"),
    [("mail.example.org", 1), ("192.0.2.25", 1), ("127.0.0.1", 0), ("localhost", 0)],
)
def test_a_relay_needs_its_flow(practice, relay, asked):
    add(practice, f"alerting_enabled: true\nalerting_mail: {RELAY.format(relay)}")
    found = questions(practice)
    assert len(found) == asked
    assert all(f"reach {relay} on port 2525/tcp" in one for one in found)


@needs("alerting")
def test_warnings_that_are_off_need_nothing(practice):
    add(practice, f"alerting_mail: {RELAY.format('mail.example.org')}")
    assert questions(practice) == []


@needs("alerting")
def test_a_place_for_evidence_needs_its_flow(practice):
    place = f"{{kind: sftp, folder: /in, server: 192.0.2.7, port: 2222, host_key: {KEY}}}"
    add(practice, f"alerting_enabled: true\nalerting_drop: {place}")
    (asked,) = questions(practice)
    assert asked.startswith("alerting_drop.server: expected a flow (out) that lets accueil,")
    assert "reach 192.0.2.7 on port 2222/tcp" in asked


@needs("imaging")
def test_a_device_that_images_are_sent_to_needs_its_flow(practice):
    device = "{name: console, aet: C, host: 10.77.12.61, port: 11112, allow: []}"
    devices = f"imaging_modalities:\n  - {device}"
    add(practice, devices, "host_vars/imagerie.yml")
    (asked,) = questions(practice)
    assert "a flow (out) that lets imagerie reach 10.77.12.61 on port 11112/tcp" in asked


@needs("backup")
def test_a_server_without_declared_data_is_asked_about(practice):
    (practice / "group_vars/backup_servers.yml").unlink()
    found = questions(practice)
    assert [one.split(":")[0] for one in found] == ["sauvegarde", "hebergeur"]
    add(
        practice, "backup_nothing_to_copy: 'Copies des autres seulement'", "host_vars/hebergeur.yml"
    )
    add(practice, "backup_folders: [/etc]", "host_vars/sauvegarde.yml")
    (asked,) = questions(practice)
    assert asked.startswith("sauvegarde: "), "settings are no data"
    add(practice, "backup_nothing_to_copy: ''", "host_vars/sauvegarde.yml")
    with pytest.raises(BadPractice, match="a reason, in a sentence"):
        load(practice, root=ROOT)


@needs("backup")
def test_copies_of_hosts_that_do_not_exist_are_refused(practice):
    text = (practice / "group_vars/all.yml").read_text()
    wrong = text.replace(
        "    hosts: [workstations, imaging_servers]\n    held_by",
        "    hosts: [workstation]\n    held_by",
    )
    (practice / "group_vars/all.yml").write_text(wrong)
    with pytest.raises(
        BadPractice, match=r"hosts\.0: expected a known host or group; did you mean work"
    ):
        load(practice, root=ROOT)


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


DESK = "ansible_host: 10.77.12.21"


def test_an_own_address_that_was_mistyped_is_asked_about(practice):
    edit(practice, "hosts.yml", "[10.77.12.21, ", "[10.77.12.12, ")
    (asked,) = load(practice, root=ROOT).questions
    assert (asked.file, asked.where, asked.read) == (
        practice / "hosts.yml",
        "ansible_host",
        "10.77.12.21",
    )
    assert asked.line == 11
    assert "one of the addresses of accueil; socle_addresses (" in asked.expected
    assert asked.expected.endswith("hosts.yml:12) has 10.77.12.12, fd77:12::21")


@pytest.mark.parametrize("said", ["", "[]"])
def test_addresses_that_are_not_said_and_said_to_be_none(practice, said):
    line = '          socle_addresses: [10.77.12.22, "fd77:12::22"]\n'
    edit(practice, "hosts.yml", line, f"          socle_addresses: {said}\n" if said else "")
    if said:
        with pytest.raises(BadPractice, match="a host with an address: give medecin"):
            load(practice, root=ROOT)
    else:
        assert not any("ansible_host" in one for one in questions(practice))


@pytest.mark.parametrize(
    "elsewhere",
    ["ansible_host: routeur.example", "ansible_host: 127.0.0.1\n          ansible_port: 2201"],
    ids=["name", "forwarded"],
)
def test_a_way_in_that_is_said_to_lead_through_something_else_is_none(practice, elsewhere):
    edit(practice, "hosts.yml", DESK, elsewhere)
    assert questions(practice) == []


def test_two_ports_of_one_router_are_no_question(practice):
    edit(practice, "hosts.yml", DESK, "ansible_host: 192.0.2.1\n          ansible_port: 2201")
    assert len(questions(practice)) == 1
    edit(practice, "hosts.yml", "ansible_host: 10.77.12.22", "ansible_host: 192.0.2.1")
    assert questions(practice) == []


def test_a_key_that_is_not_there_or_is_no_private_one(practice, tmp_path):
    key = tmp_path / "id"
    edit(practice, "hosts.yml", "build/demo/id_ed25519", str(key))
    assert questions(practice) == [], "a lab makes its key"
    (practice / "lab.yml").unlink()
    wanted = "ansible_ssh_private_key_file: expected a private key"
    (asked,) = questions(practice)
    assert asked.startswith(f"{wanted} that is on this computer, read ")
    key.write_text(f"{KEY} it@example\n")
    (asked,) = questions(practice)
    assert asked.startswith(f"{wanted}: this file holds a public one, read ")
    key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    assert questions(practice) == []
    key.rename(tmp_path / "id.pub")
    edit(practice, "hosts.yml", str(key), f"{key}.pub")
    (asked,) = questions(practice)
    assert asked.startswith(f"{wanted}: .pub is the public one, read ")


PLACE = "expected a place for copies of this machine's data: a disk or another machine"


def set_repositories(folder: Path, *kept: str, **more: object) -> None:
    """Only these repositories, with ``more`` in each."""
    file = folder / "group_vars/all.yml"
    data = yaml.safe_load(file.read_text())
    found = [one for one in data["backup_repositories"] if one["name"] in kept]
    data["backup_repositories"] = [{**one, **more} for one in found]
    file.write_text(yaml.safe_dump(data, sort_keys=False))


def without_place(folder: Path) -> list[str]:
    return [one.split(":")[0] for one in questions(folder) if PLACE in one]


def test_data_without_a_place_for_copies_are_asked_about(practice):
    set_repositories(practice)
    assert without_place(practice) == ["accueil", "medecin", "imagerie"]
    add(practice, "backup_nothing_to_copy: 'Poste sans dossiers'", "host_vars/accueil.yml")
    assert without_place(practice) == ["medecin", "imagerie"]


@pytest.mark.parametrize(
    "server", ["imagerie", "10.77.12.10", "fd77:12::10", "localhost", "127.0.0.1"]
)
def test_a_copy_onto_the_machine_itself_is_none(practice, server):
    key = {} if server == "imagerie" else {"host_key": KEY}
    set_repositories(practice, "serveur", server=server, hosts=["servers"], **key)
    assert without_place(practice) == ["accueil", "medecin", "imagerie"]


def test_a_disk_is_a_place(practice):
    set_repositories(practice, "disque-a", hosts=["workstations", "imaging_servers"])
    assert without_place(practice) == []


def test_databases_without_a_folder_are_asked_about(practice):
    add(practice, "backup_databases:\n  - {name: base, kind: sqlite, path: /srv/base.db}",
        "host_vars/sauvegarde.yml")  # fmt: skip
    (practice / "group_vars/backup_servers.yml").unlink()
    asked = [one for one in questions(practice) if one.startswith("backup_databases: ")]
    wanted = "backup_folders, too: without a folder no database is copied"
    assert asked == [f"backup_databases: expected {wanted}"]


def test_an_exercise_or_a_copy_of_a_header_that_is_still_to_come_is_refused(practice):
    edit(practice, "group_vars/all.yml", "exercise: 2026-11-15", "exercise: 2999-11-15")
    header = "{uuid: 5f4c3a2b-1d0e-4f6a-8b7c-9d8e7f6a5b4c, date: 2999-01-01, kept_at: Coffre}"
    add(practice, f"disk_encryption_header_backups:\n  - {header}")
    with pytest.raises(BadPractice) as caught:
        load(practice, root=ROOT)
    first, second = str(caught.value).splitlines()
    wanted = "expected a day that has come, today at the latest, read"
    assert f'backup_full_exercise: {wanted} "2999-11-15"' in first
    assert f'.date: {wanted} "2999-01-01"' in second


def test_nobody_who_may_administer_is_asked_about(practice):
    edit(practice, "group_vars/all.yml", '[10.77.12.1, "fd77:12::1"]  ', "[]  ")
    (asked,) = questions(practice)
    assert asked == (
        "firewall_peers.administration: expected one address or more: "
        "nobody passes through the flows that name it, read none"
    )


def test_a_flow_for_an_empty_group_is_asked_about(practice):
    edit(practice, "hosts.yml", "    servers:\n", "    etage: {}\n    servers:\n")
    edit(
        practice,
        "group_vars/all.yml",
        "peers: [workstations]\n    hosts: [imag",
        "peers: [etage]\n    hosts: [imag",
    )
    assert any("nobody passes through this flow, read etage" in one for one in questions(practice))
