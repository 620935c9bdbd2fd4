"""A signer's key pair, made once, and the file of those who may sign."""

from __future__ import annotations

import re
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from socle.errors import SocleError
from socle.evidence import files
from socle.evidence.sshsig import NAMESPACE

_PRINCIPAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*(@[A-Za-z0-9._-]+)?")


def make(key: Path, principal: str, signers: Path, *, outside: Path, passphrase: bool) -> None:
    """Make the Ed25519 pair ``key`` and ``key``.pub, and let ``principal`` sign with it.

    ``outside``: a folder that must not hold the private key. ``passphrase``: ssh-keygen asks for
    one on the terminal. Raises SocleError; then no file has changed.
    """
    if not _PRINCIPAL.fullmatch(principal):
        raise SocleError(
            f"--principal: expected a name such as an e-mail address, read {principal}"
        )
    if key.resolve().is_relative_to(outside.resolve()):
        raise SocleError(f"{key}: expected a place outside of {outside}, which is shared with git")
    public = key.with_name(f"{key.name}.pub")
    if key.exists() or public.exists():
        raise SocleError(f"{key}: there is a key already; move it away first, or keep it")
    try:
        key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=key.parent, prefix=".new-") as folder:
            new = Path(folder) / "key"
            _keygen(new, principal, passphrase=passphrase)
            line = new.with_suffix(".pub").read_text()
            new.rename(key)
            new.with_suffix(".pub").rename(public)
        allow(signers, principal, line)
    except OSError as error:
        raise SocleError(f"{error.filename or key}: {error.strerror}") from None


def allow(signers: Path, principal: str, public: str, now: datetime | None = None) -> None:
    """Add a public key ("ssh-ed25519 AAAA…") to ``signers``, for evidence alone, from today on."""
    kind, content, *_ = public.split()
    today = f"{now or datetime.now(UTC):%Y%m%d}"
    line = f'{principal} namespaces="{NAMESPACE}",valid-after="{today}" {kind} {content}\n'
    before = signers.read_text() if signers.exists() else ""
    if before and not before.endswith("\n"):
        before += "\n"
    files.replace(signers, (before + line).encode())
    signers.chmod(0o644)  # public keys, for everybody to compare with


def _keygen(new: Path, principal: str, *, passphrase: bool) -> None:
    words: list[str | Path] = ["ssh-keygen", "-q", "-t", "ed25519", "-C", principal, "-f", new]
    if not passphrase:
        words += ["-N", ""]
    if subprocess.run(words, check=False).returncode != 0:
        raise SocleError("ssh-keygen made no key; the reason stands above")
