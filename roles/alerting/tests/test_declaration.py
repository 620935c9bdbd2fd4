"""What a machine is told: enough to judge itself, no secret, and little of the others."""

import shutil
from pathlib import Path

import pytest

import socle
from socle.baseline import load, vault
from socle.baseline.export import for_pyinfra
from socle.render import render
from socle.verify.collect import secrets
from socle.watch.declaration import read

ROOT = Path(socle.__file__).parents[1]
TEMPLATE = Path(__file__).parents[1] / "templates/etc/socle/watch.json.j2"
SETTINGS = """
alerting_enabled: true
alerting_mail:
  relay: smtp.cabinet.example
  sender: socle@cabinet.example
  recipients: [it@provider.example]
  user: socle
"""
PASSWORD, COPIES = "mot-de-passe-du-relais-7319", "mot-de-passe-des-copies-4821"


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkout") / "inventories/demo"
    shutil.copytree(ROOT / "inventories/demo", folder)
    for made in ("secrets.yml", "vault-password", "known_hosts"):
        (folder / made).unlink(missing_ok=True)
    file = folder / "group_vars/all.yml"
    file.write_text(file.read_text() + SETTINGS)
    (folder / "vault-password").touch(mode=0o600)
    (folder / "vault-password").write_text("correct horse")
    own = f"{{alerting_mail_password: {PASSWORD}, backup_passwords: {{serveur: {COPIES}}}}}"
    vault.encrypt(folder / "secrets.yml", f"accueil: {own}\n".encode())
    return load(folder, root=ROOT)


@pytest.fixture
def told(practice, tmp_path):
    """What accueil is told, as it stands on the machine."""
    place = tmp_path / "watch.json"
    place.write_text(render(TEMPLATE, practice.hosts["accueil"].settings))
    return place


def test_a_machine_is_told_its_own_settings(practice, told):
    declared = read(told)
    own = practice.hosts["accueil"].settings
    assert declared.settings["firewall_inbound"] == own["firewall_inbound"]
    assert declared.settings["alerting_enabled"] is True
    assert declared.practice.hosts["accueil"].method == "local"
    assert declared.watch.control == "alerting"
    assert declared.watch.mail == own["alerting_mail"]
    assert (declared.watch.drop, declared.watch.keep_bundles) == (None, 14)


def test_of_the_others_only_what_its_checks_read(told):
    others = {name: h for name, h in read(told).practice.hosts.items() if name != "accueil"}
    assert "sauvegarde" in others
    read_across = {"backup_folders", "backup_repositories"}
    assert all(set(host.settings) <= read_across for host in others.values())


def test_no_secret_is_in_it(practice, told):
    assert {PASSWORD, COPIES} <= set(secrets(practice))
    assert not [secret for secret in secrets(practice) if secret in told.read_text()]


def test_it_is_not_told_twice(practice, told):
    """Neither in what the machine is told, nor in what pyinfra prints, nor in bundles."""
    assert "alerting_declaration" not in read(told).settings
    (_, data), *_ = for_pyinfra(practice)["workstations"][0]
    assert "alerting_declaration" not in data
