"""A vault is read as Ansible reads it, or left to Ansible."""

from __future__ import annotations

from socle.baseline import vault
from socle.baseline.vault_file import opened

SECRETS = "accueil: {ansible_become_password: é}\n".encode()


def a_vault(folder, password="correct horse\n"):
    (folder / "vault-password").write_text(password)
    (folder / "vault-password").chmod(0o600)
    vault.encrypt(folder / "secrets.yml", SECRETS)
    return folder / "secrets.yml", folder / "vault-password"


def test_what_ansible_encrypted_is_read_without_ansible(tmp_path, monkeypatch):
    file, _ = a_vault(tmp_path)
    monkeypatch.setattr(vault, "_run", None)
    assert vault.decrypt(file) == SECRETS


def test_what_only_ansible_can_tell_is_left_to_it(tmp_path):
    file, password = a_vault(tmp_path)
    content = file.read_bytes()
    assert opened(content, password) == SECRETS
    assert opened(content.replace(b"AES256", b"OTHER"), password) is None
    assert opened(content[:-40], password) is None
    password.chmod(0o700)
    assert opened(content, password) is None, "a script gives the password"
    password.write_text("another")
    password.chmod(0o600)
    assert opened(content, password) is None
