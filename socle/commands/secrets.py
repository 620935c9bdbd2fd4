"""Passwords that a practice's machines need, as their rooms say, and nobody has made yet."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from socle.baseline.model import Practice

_BYTES = 24  # 192 bits: nobody types them, the recovery sheet has them
_BESIDE = "vault-password"
_IGNORED, _NOT_IGNORED = 0, 1  # what git check-ignore ends with; anything else: no repository


def make(folder: Path, root: Path | None = None) -> dict[str, list[str]]:
    """Add each missing password to the vault ``secrets.yml``; host -> what was made.

    Makes the vault's own password beside it, readable by its owner alone and kept out of git,
    where there is neither that nor ANSIBLE_VAULT_PASSWORD_FILE. What stands in the vault stays;
    its comments do not.
    """
    from socle.baseline import load  # noqa: PLC0415 - `socle --help` needs none of these
    from socle.baseline.layers import SECRETS  # noqa: PLC0415

    wanted = _missing(load(folder, root=root))
    if wanted:
        _add(folder / SECRETS, wanted)
    return {
        host: [name for values in settings.values() for name in values]
        for host, settings in wanted.items()
    }


def _missing(practice: Practice) -> dict[str, dict[str, dict[str, str]]]:
    from socle.baseline.settings import generated_secrets  # noqa: PLC0415

    found: dict[str, dict[str, dict[str, str]]] = {}
    for host in practice.hosts.values():
        for room in practice.rooms:
            needed = room.settings.needed_secrets(host)
            for field in generated_secrets(room.settings):
                setting = f"{room.prefix}{field}"
                made = host.settings.get(setting, ())
                new = [name for name in needed.get(field, ()) if name not in made]
                if new:
                    values = {name: secrets.token_hex(_BYTES) for name in new}
                    found.setdefault(host.name, {})[setting] = values
    return found


def _add(vault: Path, new: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
    import os  # noqa: PLC0415

    import yaml  # noqa: PLC0415

    from socle.baseline.vault import decrypt, encrypt  # noqa: PLC0415

    password = vault.with_name(_BESIDE)
    _keep_out_of_git(password)
    if not os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE") and not password.exists():
        handle = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(f"{secrets.token_hex(_BYTES)}\n")
    data: dict[str, Any] = yaml.safe_load(decrypt(vault)) if vault.exists() else {}
    for host, settings in new.items():
        for setting, values in settings.items():
            data.setdefault(host, {}).setdefault(setting, {}).update(values)
    encrypt(vault, yaml.safe_dump(data, sort_keys=False).encode())


def offered_to_git(password: Path) -> bool:
    """Whether ``git add`` would take the vault's password, or has taken it already."""
    return password.exists() and _asked_git(password) == _NOT_IGNORED


def _keep_out_of_git(password: Path) -> None:
    """Name ``password`` in the .gitignore beside it; there may be a repository later."""
    if _asked_git(password) == _IGNORED:
        return
    ignore = password.with_name(".gitignore")
    before = ignore.read_text(encoding="utf-8") if ignore.exists() else ""
    if f"/{password.name}" not in before.splitlines():
        end = "" if not before or before.endswith("\n") else "\n"
        ignore.write_text(f"{before}{end}/{password.name}\n", encoding="utf-8")


def _asked_git(password: Path) -> int | None:
    """How git says whether it ignores the file; None without git. Tracked files are not ignored."""
    import subprocess  # noqa: PLC0415

    words = ("-c", "core.fsmonitor=false", "-C", str(password.parent), "check-ignore", "--quiet")
    try:
        return subprocess.run(
            ["git", *words, password.name], capture_output=True, timeout=10, check=False
        ).returncode
    except (OSError, subprocess.SubprocessError):
        return None
