"""Evidence that says later who wrote it: signed with the SSH host key of the machine."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from backup import paths
from backup.errors import BackupError

NAMESPACE = "socle-restore-test"


def sign(file: Path) -> None:
    """Write ``FILE.sig``. ``BackupError`` where the host has no such key."""
    signature = file.with_name(f"{file.name}.sig")
    signature.unlink(missing_ok=True)
    done = _keygen("sign", "-f", str(paths.HOST_KEY), "-n", NAMESPACE, str(file))
    if done.returncode != 0 or not signature.exists():
        raise BackupError("the SSH host key of this machine cannot sign")
    signature.chmod(0o600)


def verified(file: Path) -> bool | None:
    """Whether the host's key signed exactly this file; None where there is no signature."""
    signature = file.with_name(f"{file.name}.sig")
    if not signature.exists():
        return None
    with TemporaryDirectory() as scratch:
        signers = Path(scratch, "signers")
        public = paths.HOST_KEY.with_name(f"{paths.HOST_KEY.name}.pub")
        signers.write_text(f"host {public.read_text()}")
        how = ("-f", str(signers), "-I", "host", "-n", NAMESPACE, "-s", str(signature))
        return _keygen("verify", *how, stdin=file.read_bytes()).returncode == 0


def _keygen(verb: str, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["ssh-keygen", "-Y", verb, *words]
    return subprocess.run(command, input=stdin, capture_output=True, check=False)
