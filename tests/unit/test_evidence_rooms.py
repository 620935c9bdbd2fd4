"""With every real room: what was collected of this computer judges as it did live."""

import shutil
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import yaml
from collected import collected, said
from rooms import needs

from socle.baseline import load
from socle.baseline.export import secret_names
from socle.baseline.rooms import find
from socle.baseline.settings import holds_patient_data
from socle.evidence import bundle as files
from socle.verify.collect import redactor
from socle.verify.replay import judge

CHECKOUT = Path(__file__).resolve().parents[2]
PATIENTS = [
    room.prefix + name
    for room in find(CHECKOUT)
    for name, field in room.settings.model_fields.items()
    if holds_patient_data(field)
]


@pytest.fixture
def collect(tmp_path):
    """Verify live and write the bundles; the outcomes and each host's bundle, read again."""
    return partial(collected, folder=tmp_path / "evidence")


@pytest.fixture
def toy_vault(monkeypatch, tmp_path):
    """Writes a file as `ansible-vault create` does."""

    def write(path, text):
        password = tmp_path / "vault-password"
        password.touch(mode=0o600)
        password.write_text("correct horse")
        monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(password))
        path.write_text(text)
        vault = Path(sys.executable).parent / "ansible-vault"
        subprocess.run([vault, "encrypt", path], check=True, capture_output=True)

    return write


def test_every_real_room_judges_a_bundle_of_this_computer_as_it_did_live(collect):
    practice = load(CHECKOUT / "inventories/local")
    live, found = collect(practice)
    _, again = judge(found["localhost"])
    assert said(again) == said(live, redactor(practice))
    assert len(again) == len(practice.controls)


def test_every_real_room_judges_it_against_the_same_baseline_as_it_did_live(collect):
    practice = load(CHECKOUT / "inventories/local")
    live, found = collect(practice)
    _, again = judge(found["localhost"], baseline=CHECKOUT)
    assert said(again) == said(live, redactor(practice))


@pytest.mark.parametrize("setting", PATIENTS)
def test_names_below_what_a_room_marks_as_patients_data_are_masked(setting):
    practice = load(CHECKOUT / "inventories/local")
    host = practice.hosts["localhost"]
    changed = replace(host, settings={**host.settings, setting: ["/data/pacs"]})
    masks = redactor(replace(practice, hosts={"localhost": changed}))
    assert masks.text("missing: /data/pacs/DUPONT^JEAN.dcm") == "missing: /data/pacs/••••"


def test_rooms_say_what_cannot_be_computed_without_secrets(toy_vault, tmp_path):
    """The same practice with and without its vault: these values differ, and no others."""
    folder = tmp_path / "inventories/demo"
    shutil.copytree(CHECKOUT / "inventories/demo", folder)
    for made in ("secrets.yml", "vault-password", "known_hosts"):
        (folder / made).unlink(missing_ok=True)
    without = load(folder, root=CHECKOUT)
    passwords = {
        host.name: {
            room.prefix + setting: {name: f"{host.name}-{name}".ljust(24, "x") for name in names}
            for room in without.rooms
            for setting, names in room.settings.needed_secrets(host).items()
        }
        for host in without.hosts.values()
    }
    toy_vault(folder / "secrets.yml", yaml.safe_dump(passwords))
    complete = load(folder, root=CHECKOUT)
    hidden = secret_names(complete)
    differ = {
        name
        for host in complete.hosts.values()
        for name, value in host.settings.items()
        if name not in hidden and value != without.hosts[host.name].settings[name]
    }
    assert differ == {
        room.prefix + name for room in complete.rooms for name in room.settings.derived_from_secrets
    }
    assert differ


def socle(*words):
    program = Path(sys.executable).parent / "socle"
    return subprocess.run([program, *words], capture_output=True, text=True, check=False)


@needs("firewall", "screen_lock")
def test_the_command_judges_and_says_what_changed(collect, tmp_path):
    collect(load(CHECKOUT / "inventories/local"), controls=["listeners-allowlist"])
    (path,) = (tmp_path / "evidence").glob("*.bundle")
    done = socle("evidence", "judge", path)
    assert "listeners-allowlist: fail then" not in done.stdout
    assert "localhost  screen-lock-gnome: not judged then, unknown now" in done.stdout
    assert done.returncode == 1
    assert done.stderr == ""


def test_the_command_refuses_what_is_no_bundle(tmp_path):
    (tmp_path / "x").write_text("{}")
    done = socle("evidence", "judge", tmp_path / "x")
    assert done.returncode == 2
    assert done.stderr.startswith(f"{tmp_path}/x: expected a bundle of evidence")
    assert socle("evidence", "judge").returncode == 2


@needs("firewall")
def test_verify_writes_a_bundle_for_each_host(tmp_path):
    words = ["inventories/local", "--control=listeners-allowlist", "--evidence", tmp_path / "proof"]
    done = socle("verify", *words)
    (path,) = (tmp_path / "proof").iterdir()
    assert f"evidence: {path}" in done.stdout
    bundle = files.read(path)
    assert bundle.baseline.digest
    assert [one.control for one in bundle.verdicts] == ["listeners-allowlist"]
