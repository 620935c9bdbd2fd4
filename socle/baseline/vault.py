"""Secrets of a practice: Ansible's vault format, read here or else by Ansible's own command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from socle.baseline.vault_file import opened
from socle.errors import BadPractice, Problem

_HEADER = b"$ANSIBLE_VAULT;"
_PASSWORD = "ANSIBLE_VAULT_PASSWORD_FILE"  # noqa: S105 - the name of a variable
_BESIDE = "vault-password"
_SECONDS = 60  # the password file may be a script that asks a password manager


def is_encrypted(content: bytes) -> bool:
    """Whether ``content`` is a file that ``ansible-vault encrypt`` wrote."""
    return content.startswith(_HEADER)


def decrypt(path: Path) -> bytes:
    """The clear text of the vault ``path``; it stays in memory.

    The password comes from the file (or script) that ANSIBLE_VAULT_PASSWORD_FILE names, else from
    ``vault-password`` beside the vault. Raises `BadPractice` when it is missing or wrong.
    """
    password = _password_file(path)
    found = opened(path.read_bytes(), password)
    if found is not None:
        return found
    code, clear = _run(path, "view", "--vault-password-file", str(password), str(path))
    if code != 0:
        raise _refused(path, f"the password in {password} to open this vault", "it does not")
    return clear


def encrypt(path: Path, clear: bytes) -> None:
    """Replace the vault ``path`` in one step; ``clear`` never touches a disk.

    The password is the one that `decrypt` takes. Raises `BadPractice` when it is missing.
    """
    words = ("--encrypt-vault-id", "default", "--output", "-", "-")
    password = f"default@{_password_file(path)}"
    code, closed = _run(path, "encrypt", "--vault-id", password, *words, stdin=clear)
    if code != 0 or not is_encrypted(closed):
        raise _refused(path, "ansible-vault to encrypt it", "it failed")
    half = path.with_name(f".{path.name}.new")
    half.write_bytes(closed)
    half.replace(path)


def _password_file(path: Path) -> Path:
    named, beside = os.environ.get(_PASSWORD), path.with_name(_BESIDE)
    if not named and not beside.is_file():
        wanted = f"{_PASSWORD} to name the vault's password file, or {_BESIDE} beside it"
        raise _refused(path, wanted, "neither")
    password = Path(named).expanduser() if named else beside
    if not password.is_file():
        raise _refused(path, f"{_PASSWORD} to name a file that exists", str(password))
    if password.stat().st_mode & 0o007:
        raise _refused(path, "a password file that others cannot read (chmod 600)", str(password))
    return password


def _run(path: Path, *words: str, stdin: bytes = b"") -> tuple[int, bytes]:
    command = [_ansible_vault(path), *words]
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise _refused(path, f"the vault's password within {_SECONDS} s", "no answer") from None
    return done.returncode, done.stdout


def _ansible_vault(path: Path) -> str:
    """The command that belongs to this Python, else the one on PATH."""
    beside = Path(sys.executable).parent / "ansible-vault"
    found = str(beside) if beside.is_file() else shutil.which("ansible-vault")
    if found is None:
        raise _refused(path, "the command ansible-vault (it comes with ansible-core)", "none")
    return found


def _refused(path: Path, expected: str, read: str) -> BadPractice:
    return BadPractice([Problem(path, 0, "vault", expected, read)])
