"""The machine's own keys, made on it: one signs, one opens the place where bundles go."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from socle.errors import SocleError
from socle.watch.report import STATE

SIGNING, DROPPING = "id_ed25519", "drop_ed25519"


def key(name: str, state: Path = STATE) -> Path:
    """The private key ``name``, made at first; its public half lies beside it.

    Raises SocleError where ssh-keygen makes none.
    """
    private = state / name
    public = private.with_suffix(".pub")
    if private.exists() and public.exists():
        return private
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=state, prefix=".key-") as folder:
        new = Path(folder) / name
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "socle watch", "-f", str(new)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SocleError(f"{private}: ssh-keygen makes no key: {done.stderr.strip()}")
        new.rename(private)
        new.with_suffix(".pub").rename(public)
    return private
