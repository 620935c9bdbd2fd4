"""What the backup room refuses before any machine is asked, and what follows from its settings."""

from __future__ import annotations

import base64
import hmac
import shutil
import subprocess
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from roles.backup import commands, recovery_sheet
from roles.backup.access import key_pair
from socle.baseline import load
from socle.baseline.export import for_pyinfra
from socle.baseline.known_hosts import host_keys
from socle.baseline.model import Connection
from socle.commands.machines import Refused
from socle.commands.secrets import make
from socle.errors import BadPractice

ROOT = Path(__file__).parents[3]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMoCLsSeYbzhnkXZsiI1kR11LAYtZzgkmlJ/tdRnbrsL"
SERVER = "name: x, kind: server, medium: disk, place: off-site"
HDS = "reference: HDS-1, until: 2030-01-01"


@pytest.fixture
def practice(tmp_path) -> Path:
    """The demo practice with its machines known, and without the demo's own secrets."""
    folder = tmp_path / "demo"
    shutil.copytree(ROOT / "inventories/demo", folder)
    for made in ("secrets.yml", "vault-password", "known_hosts"):
        (folder / made).unlink(missing_ok=True)
    (folder / "known_hosts").write_text(f"10.77.12.30,10.77.12.40 {KEY}\n")
    return folder


def refused(folder: Path, line: str) -> str:
    (folder / "host_vars/accueil.yml").write_text(f"---\n{line}\n")
    with pytest.raises(BadPractice) as caught:
        load(folder, root=ROOT)
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"backup_repositories: [{{{SERVER}, server: sauvegarde}}]", "the key held_by"),
        (
            f"backup_repositories: [{{{SERVER}, server: sauvegarde, held_by: Nuage SA}}]",
            "only with an HDS certificate",
        ),
        (
            f"backup_repositories: [{{{SERVER}, server: sauvegarde, held_by: Nuage SA, "
            f"hds: {{{HDS}, eea: false}}}}]",
            "expected one of: True",
        ),
        (
            f"backup_repositories: [{{{SERVER}, server: 192.0.2.9, held_by: practice}}]",
            "the key host_key of that server",
        ),
        (
            "backup_repositories: [{name: x, kind: disk, medium: usb, place: off-site}]",
            "the key luks_uuid",
        ),
        ("backup_databases: [{name: x, kind: sqlite}]", "the key path"),
        ("backup_folders: [/etc]", "expected all of"),
        ("backup_folders: [/etc, /home, '/srv/*']", "without wildcards"),
        ("backup_excludes: ['*.dcm']", "expected nothing beyond"),
        ("backup_max_age_hours: 100", "expected 26 or less"),
        ("backup_passwords: {serveur: in-clear-text-and-long-enough}", "secrets.yml"),
    ],
)  # fmt: skip
def test_refused_with_file_and_line(practice, line, said):
    text = refused(practice, line)
    assert said in text
    assert "host_vars/accueil.yml:2: backup_" in text


def test_a_server_does_not_prune_while_its_clients_copy(practice):
    windows = 'backup_maintenance_windows: [{start: "12:30", end: "13:30"}]'
    (practice / "host_vars/sauvegarde.yml").write_text(f"---\n{windows}\n")
    with pytest.raises(BadPractice, match="outside those in which accueil copies"):
        load(practice, root=ROOT)


def test_without_its_vault_a_practice_can_be_read_but_not_deployed(practice):
    host = load(practice, root=ROOT).hosts["medecin"]
    assert "password of serveur" in host.settings["backup_missing"]
    assert host.settings["backup_private_key"] == ""


def test_passwords_are_made_once_and_set_up_both_sides(practice):
    made = make(practice, ROOT)
    assert made["medecin"] == ["serveur", "distant"]
    assert made["sauvegarde"] == ["disque-a"]
    assert (practice / "vault-password").stat().st_mode & 0o777 == 0o600
    assert make(practice, ROOT) == {}
    loaded = load(practice, root=ROOT)
    client, server = loaded.hosts["medecin"].settings, loaded.hosts["sauvegarde"].settings
    assert client["backup_missing"] == server["backup_missing"] == []
    assert f"10.77.12.30 {KEY}" in client["backup_known_hosts"]
    secret = client["backup_passwords"]["serveur"]
    assert server["backup_secrets"]["passwords"]["served:medecin"] == secret
    assert len({one["key"] for one in server["backup_authorized"]}) == 3
    given = [data for entries, _ in for_pyinfra(loaded).values() for _, data in entries]
    shown = {name for data in given for name in data}
    assert not shown & {"backup_passwords", "backup_secrets", "backup_private_key"}


def test_one_password_for_two_machines_is_refused(practice, monkeypatch):
    monkeypatch.setattr("secrets.token_hex", lambda _: "x" * 48)
    make(practice, ROOT)
    with pytest.raises(
        BadPractice, match="a password of its own: imagerie has the same, read ••••"
    ):
        load(practice, root=ROOT)


def test_a_key_follows_from_its_secret_and_ssh_takes_it(tmp_path):
    private, public = key_pair("s" * 48, "one machine")
    assert key_pair("s" * 48, "one machine") == (private, public)
    assert key_pair("s" * 48, "another machine")[1] != public
    file = tmp_path / "key"
    file.touch(mode=0o600)
    file.write_text(private)
    done = subprocess.run(
        ["ssh-keygen", "-y", "-f", file], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == public, done.stderr


def test_host_keys_are_found_under_hashed_names_and_ports(tmp_path):
    salt = b"0" * 20
    digest = hmac.digest(salt, b"[192.0.2.1]:2222", "sha1")
    name = "|1|{}|{}".format(*(base64.b64encode(part).decode() for part in (salt, digest)))
    file = tmp_path / "known_hosts"
    file.write_text(f"# a comment\n{name} {KEY}\nother {KEY}\n")
    connection = Connection("ssh", "192.0.2.1", 2222, known_hosts_file=file)
    assert host_keys(connection) == [KEY]
    assert host_keys(Connection("ssh", "192.0.2.2", known_hosts_file=file)) == []


def test_the_recovery_sheet_has_every_password_and_is_never_stored(practice, tmp_path):
    make(practice, ROOT)
    loaded = load(practice, root=ROOT)
    text = "\n".join(recovery_sheet.lines(loaded, date(2026, 11, 22)))
    for host in loaded.hosts.values():
        for password in host.settings["backup_passwords"].values():
            assert password in text
        for phrase in host.settings["backup_luks_passphrases"].values():
            assert phrase in text
    assert "restic -r /srv/socle-backup/medecin restore latest" in text
    assert max(map(len, text.splitlines())) <= recovery_sheet.WIDTH + 12
    with pytest.raises(Refused, match="outside of"):
        commands.sheet(practice, out=loaded.root / "build/sheet.pdf")
    with pytest.raises(Refused, match="outside of"):
        commands.sheet(practice, out=practice / "sheet.pdf")
    out = tmp_path / "sheet.pdf"
    assert commands.sheet(practice, out=out) == 0
    assert out.stat().st_mode & 0o777 == 0o600
    printed = "\n".join(page.extract_text() for page in PdfReader(out).pages)
    for host in loaded.hosts.values():
        for password in host.settings["backup_passwords"].values():
            assert f"Mot de passe : {password}\n" in printed
        for phrase in host.settings["backup_luks_passphrases"].values():
            assert f"Phrase LUKS  : {phrase}\n" in printed
    with pytest.raises(Refused, match="does not exist yet"):
        commands.sheet(practice, out=out)


def test_the_printed_sheet_keeps_every_character():
    """Passwords are copied from it letter by letter: no ligature, no other quote, no lost space."""
    every = "".join(map(chr, range(0x21, 0x7F)))
    text = [
        "  Dépôt fi ff --  ...",
        f"  Mot de passe : {every[:47]}",
        f"  Phrase LUKS  : {every[47:]}",
    ]
    (page,) = PdfReader(BytesIO(recovery_sheet.pdf(text))).pages
    assert page.extract_text().splitlines() == text
