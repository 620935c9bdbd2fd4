"""Secrets: encrypted in one file, opened in memory, never shown."""
# ruff: noqa: E501 - whole messages, each on its line

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from pydantic import Field

from socle.baseline import vault
from socle.baseline.settings import RoomSettings, neutral, secret
from socle.commands.secrets import _missing
from socle.errors import BadPractice

BIN = Path(sys.executable).parent

SECRETS = """
workstations: {toy_password: "p@ss: é"}
desk: {ansible_become_password: hunter2}
"""


def test_secrets(toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.write("secrets.yml", SECRETS)
    assert toy.problems() == [
        "secrets.yml:0: file: expected an encrypted file: ansible-vault encrypt secrets.yml"
    ]  # fmt: skip
    toy.encrypt("secrets.yml", monkeypatch)
    hosts = toy.load().hosts
    assert hosts["desk"].settings["toy_password"] == "p@ss: é"
    assert hosts["desk"].connection.become_password == "hunter2"
    assert hosts["store"].settings["toy_password"] is None
    assert "hunter2" not in repr(hosts["desk"].connection)


def test_secrets_are_never_shown(toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.write(
        "secrets.yml",
        """
        workstations: {toy_password: [hunter2], toy_idle: 31}
        desc: {toy_password: hunter2}
        lab: hunter2
        desk:
          toy_password: "{{ hunter2 }}"
        """,
    )
    toy.encrypt("secrets.yml", monkeypatch)
    assert toy.problems() == [
        "secrets.yml:5: desk.toy_password: expected a value without Jinja: settings are data, read ••••"
    ]  # fmt: skip
    toy.write(
        "secrets.yml",
        """
        workstations: {toy_password: [hunter2], toy_idle: 31}
        desc: {toy_password: hunter2}
        lab: hunter2
        """,
    )
    toy.encrypt("secrets.yml", monkeypatch)
    toy.write("group_vars/all.yml", "toy_password: hunter2\n")
    assert toy.problems() == [
        "group_vars/all.yml:1: toy_password: expected this secret in the practice's secrets.yml, read ••••",
        "secrets.yml:1: toy_idle: expected secrets only; this setting goes to group_vars/ or host_vars/, read ••••",
        "secrets.yml:1: toy_password: expected text or null, read ••••",
        "secrets.yml:2: desc: expected a known host or group; did you mean desk?",
        "secrets.yml:3: lab: expected a mapping of settings, read ••••",
    ]  # fmt: skip


def test_vault_password(toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.write("secrets.yml", SECRETS)
    toy.encrypt("secrets.yml", monkeypatch)
    (toy.root / "vault-password").write_text("wrong")
    password = toy.root / "vault-password"
    start = "secrets.yml:0: vault: expected"
    wrong = f"{start} the password in {password} to open this vault, read it does not"
    assert toy.problems() == [wrong]
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", "nowhere")
    name = "ANSIBLE_VAULT_PASSWORD_FILE"
    assert toy.problems() == [f"{start} {name} to name a file that exists, read nowhere"]
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE")
    lacking = f"{start} {name} to name the vault's password file, or vault-password beside it, read neither"
    assert toy.problems() == [lacking]
    beside = password.rename(toy.folder / "vault-password")
    assert toy.problems() == [wrong.replace(str(password), str(beside))]
    beside.write_text("correct horse")
    toy.load()
    beside.chmod(0o644)
    (open_to_all,) = toy.problems()
    assert "a password file that others cannot read" in open_to_all


@pytest.mark.parametrize("clear", [b"a: 1\n", SECRETS.encode() * 100])
def test_ansible_reads_what_is_written_here_and_the_reverse(tmp_path: Path, clear: bytes) -> None:
    file, password = tmp_path / "secrets.yml", tmp_path / "vault-password"
    password.touch(mode=0o600)
    password.write_text(" correct horse\n")
    vault.encrypt(file, clear)
    assert ansible_vault("view", file, password) == clear
    assert vault.decrypt(file) == clear
    file.write_bytes(clear)
    ansible_vault("encrypt", file, password)
    assert vault.decrypt(file) == clear


@pytest.mark.parametrize(
    ("name", "said"), [("manager", "echo 'correct horse'"), ("pass-client.sh", 'echo "$1 $2"')]
)
def test_a_password_that_a_script_says(
    tmp_path: Path, name: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, script = tmp_path / "secrets.yml", tmp_path / name
    script.write_text(f"#!/bin/sh\n{said}\n")
    script.chmod(0o700)
    file.write_bytes(b"a: 1\n")
    ansible_vault("encrypt", file, script)
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(script))
    assert vault.decrypt(file) == b"a: 1\n"
    for broken, read in (("exit 1", "it failed"), ("true", "none")):
        script.write_text(f"#!/bin/sh\n{broken}\n")
        with pytest.raises(BadPractice) as refused:
            vault.decrypt(file)
        assert refused.value.problems[0].read == read


@pytest.mark.parametrize(
    "damage",
    [lambda text: text[:-9], lambda text: text[:-2] + (b"1" if text[-2:-1] == b"0" else b"0")],
)
def test_a_damaged_vault_does_not_open(tmp_path: Path, damage: Any) -> None:
    file, password = tmp_path / "secrets.yml", tmp_path / "vault-password"
    password.touch(mode=0o600)
    password.write_text("correct horse")
    vault.encrypt(file, b"a: 1\n")
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert file.read_bytes() != whole
    with pytest.raises(BadPractice, match="to open this vault"):
        vault.decrypt(file)


def ansible_vault(verb: str, file: Path, password: Path) -> bytes:
    """What Ansible's own command says."""
    command = [BIN / "ansible-vault", verb, "--vault-password-file", password, file]
    return subprocess.run(command, check=True, capture_output=True).stdout


def test_an_encrypted_settings_file(toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.write("group_vars/all.yml", "toy_idle: 30\n")
    toy.encrypt("group_vars/all.yml", monkeypatch)
    assert toy.problems() == [
        "group_vars/all.yml:0: file: expected clear text; secrets go to secrets.yml"
    ]


class Doors(RoomSettings):
    codes: Annotated[dict[str, str], secret(generated=True), neutral()] = Field({})
    given: Annotated[dict[str, str], secret(), neutral()] = Field({})

    @classmethod
    def needed_secrets(cls, host: Any) -> Mapping[str, Iterable[str]]:
        return {"codes": host.doors}


def test_what_a_room_needs_and_lacks_is_made() -> None:
    desk = SimpleNamespace(
        name="desk", doors=["front", "back"], settings={"doors_codes": {"back": "x"}}
    )
    store = SimpleNamespace(name="store", doors=[], settings={})
    room = SimpleNamespace(prefix="doors_", settings=Doors)
    made = _missing(SimpleNamespace(hosts={"desk": desk, "store": store}, rooms=(room,)))
    assert list(made) == ["desk"]
    assert list(made["desk"]["doors_codes"]) == ["front"]
    assert len(made["desk"]["doors_codes"]["front"]) == 48
