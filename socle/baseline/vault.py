"""Secrets of a practice, in the format of Ansible's vault."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

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
    from socle.baseline import vault_format  # noqa: PLC0415 - a machine that watches itself has none

    file = _password_file(path)
    try:
        return vault_format.opened(path.read_bytes(), _password(path, file))
    except ValueError:
        raise _refused(path, f"the password in {file} to open this vault", "it does not") from None


def encrypt(path: Path, clear: bytes) -> None:
    """Replace the vault ``path`` in one step; ``clear`` never touches a disk.

    The password is the one that `decrypt` takes. Raises `BadPractice` when it is missing.
    """
    from socle.baseline import vault_format  # noqa: PLC0415 - as above

    closed = vault_format.closed(clear, _password(path, _password_file(path)))
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


def _password(path: Path, file: Path) -> bytes:
    """What ``file`` holds or, where it can be run, says: as Ansible takes it."""
    found = file.read_bytes().strip()
    if file.stat().st_mode & 0o111:
        found = _said(path, file).strip(b"\r\n")
    if not found:
        raise _refused(path, f"a password in {file}", "none")
    return found


def _said(path: Path, script: Path) -> bytes:
    """What the script says; one named ``…-client`` is asked for the default vault."""
    words = ("--vault-id", "default") if script.stem.endswith("-client") else ()
    try:
        return subprocess.run(
            [script.absolute(), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        ).stdout
    except subprocess.TimeoutExpired:
        raise _refused(path, f"the vault's password within {_SECONDS} s", "no answer") from None
    except (OSError, subprocess.CalledProcessError):
        raise _refused(path, f"{script} to say the vault's password", "it failed") from None


def _refused(path: Path, expected: str, read: str) -> BadPractice:
    return BadPractice([Problem(path, 0, "vault", expected, read)])
