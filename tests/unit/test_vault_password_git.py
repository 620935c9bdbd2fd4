"""The vault's password is never offered to git, whatever repository a practice lies in."""

import subprocess
from pathlib import Path

import pytest

from socle.commands import secrets

MADE = {"desk": {"toy_password": {}}}


@pytest.fixture
def practice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE", raising=False)
    folder = tmp_path / "cabinet"
    folder.mkdir()
    return folder


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def made(folder: Path) -> None:
    secrets._add(folder / "secrets.yml", MADE)
    assert (folder / "vault-password").stat().st_mode & 0o077 == 0


def test_in_a_repository_of_its_own(practice: Path) -> None:
    git(practice, "init", "--quiet")
    (practice / ".gitignore").write_text("*.pdf")
    made(practice)
    assert (practice / ".gitignore").read_text() == "*.pdf\n/vault-password\n"
    offered = git(practice, "add", "--dry-run", ".")
    assert "secrets.yml" in offered
    assert "vault-password" not in offered
    made(practice)
    assert (practice / ".gitignore").read_text().count("vault-password") == 1


def test_where_a_repository_is_made_later(practice: Path) -> None:
    made(practice)
    git(practice.parent, "init", "--quiet")
    assert "vault-password" not in git(practice.parent, "add", "--dry-run", ".")


def test_where_it_is_ignored_already(practice: Path) -> None:
    git(practice.parent, "init", "--quiet")
    (practice.parent / ".gitignore").write_text("*/vault-password\n")
    made(practice)
    assert not (practice / ".gitignore").exists()


def test_check_refuses_one_that_git_would_take(toy, socle) -> None:
    git(toy.root, "init", "--quiet")
    (toy.folder / "vault-password").write_text("secret\n")
    said = socle("check", "inventories/p", code=2)
    assert said.startswith("inventories/p/vault-password:0: file: expected a file that git ignores")
    (toy.folder / ".gitignore").write_text("/vault-password\n")
    socle("check", "inventories/p")
    git(toy.root, "add", "--force", "inventories/p/vault-password")
    socle("check", "inventories/p", code=2)


@pytest.mark.parametrize("name", ["vault-password.txt", ".vault-pass", "elsewhere"])
def test_check_refuses_any_other_name_of_it_too(toy, socle, monkeypatch, name) -> None:
    git(toy.root, "init", "--quiet")
    password = toy.folder / name
    password.write_text("secret\n")
    if name == "elsewhere":
        monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(password))
    said = socle("check", "inventories/p", code=2)
    assert f"{name}:0: file: expected a file that git ignores" in said
