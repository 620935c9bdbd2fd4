"""A signer's key pair, made once, and the file of those who may sign."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from socle.errors import SocleError
from socle.evidence import files, principals
from socle.evidence.sshsig import NAMESPACE

_PRINCIPAL = re.compile(r"(practice:[0-9a-f]{16}/)?[A-Za-z0-9][A-Za-z0-9._+-]*(@[A-Za-z0-9._-]+)?")


def make(
    key: Path, principal: str, signers: Path, *, outside: Iterable[Path], passphrase: bool
) -> bool:
    """Make the Ed25519 pair ``key`` and ``key``.pub, and let ``principal`` sign with it.

    A pair that is there stays; whether a new one was made. ``outside``: folders that must not
    hold the private key. ``passphrase``: ssh-keygen asks for one, and none is made without.
    Raises SocleError.
    """
    if not _PRINCIPAL.fullmatch(principal):
        raise SocleError(
            f"--principal: expected a name such as an e-mail address, read {principal}"
        )
    for shared in outside:
        if key.resolve().is_relative_to(shared.resolve()):
            raise SocleError(
                f"{key}: expected a place outside of {shared}, which is shared with git"
            )
    public = key.with_name(f"{key.name}.pub")
    if key.exists() != public.exists():
        raise SocleError(f"{key}: expected it and {public.name}, or neither: only one is there")
    try:
        fresh = not key.exists()
        if fresh:
            _make_pair(key, public, principal, passphrase=passphrase)
        allow(signers, principal, public.read_text())
    except OSError as error:
        raise SocleError(f"{error.filename or key}: {error.strerror}") from None
    return fresh


def _make_pair(key: Path, public: Path, principal: str, *, passphrase: bool) -> None:
    if passphrase and not _can_ask():
        raise SocleError(
            f"{key}: nobody can be asked for a passphrase here: make the key on a terminal, name a "
            "program (SSH_ASKPASS, with SSH_ASKPASS_REQUIRE=force), or say --no-passphrase"
        )
    key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=key.parent, prefix=".new-") as folder:
        new = Path(folder) / "key"
        words: list[str | Path] = ["ssh-keygen", "-q", "-t", "ed25519", "-C", principal, "-f", new]
        if not passphrase:
            words += ["-N", ""]
        if subprocess.run(words, check=False).returncode != 0:
            raise SocleError("ssh-keygen made no key; the reason stands above")
        if passphrase and _is_open(new):
            raise SocleError(f"{key}: not made: an empty passphrase protects nothing")
        new.rename(key)
        new.with_suffix(".pub").rename(public)


def _can_ask() -> bool:
    """Whether ssh-keygen can ask somebody: otherwise it takes silence for an empty passphrase."""
    forced = os.environ.get("SSH_ASKPASS_REQUIRE") == "force"
    return sys.stdin.isatty() or (forced and bool(os.environ.get("SSH_ASKPASS")))


def _is_open(key: Path) -> bool:
    words: list[str | Path] = ["ssh-keygen", "-y", "-P", "", "-f", key]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def allow(signers: Path, principal: str, public: str, now: datetime | None = None) -> bool:
    """Add a public key ("ssh-ed25519 AAAA…") to ``signers``, for evidence alone, from today on.

    Whether it was not there already. Raises SocleError: it is another's, who may have taken it
    to keep ``principal`` from signing. Raises OSError.
    """
    kind, content, *_ = public.split()
    today = f"{now or datetime.now(UTC):%Y%m%d}"
    line = f'{principal} namespaces="{NAMESPACE}",valid-after="{today}" {kind} {content}\n'
    before = signers.read_text() if signers.exists() else ""
    owners = {words[0] for one in before.splitlines() if content in (words := one.split())}
    if any(_alike(principal, one) for names in owners for one in names.strip('"').split(",")):
        return False
    if owners:
        raise SocleError(
            f"{signers}: expected a key of {principal} alone, this one stands there already for "
            f"{', '.join(sorted(owners))}: remove that line if it is wrong"
        )
    if before and not before.endswith("\n"):
        before += "\n"
    files.replace(signers, (before + line).encode())
    signers.chmod(0o644)  # public keys, for everybody to compare with
    return True


def _alike(one: str, other: str) -> bool:
    """Whether both vouch for the same: a practice's person may have several names."""
    first, second = principals.parse(one), principals.parse(other)
    if first and second and first.who and second.who:
        return first.practice == second.practice
    return one == other
