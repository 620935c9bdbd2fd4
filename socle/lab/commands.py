"""Other programs, run the one way: no terminal, an English locale, an error that says it all."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from socle.lab.errors import LabError

# `su` without `-` leaves the sbin folders out of PATH, and half of our programs are there.
PATH = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"


def environment() -> dict[str, str]:
    """What programs get to see: ours, a complete PATH, untranslated messages."""
    return {**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def which(program: str) -> bool:
    """True when ``program`` is installed."""
    return shutil.which(program, path=PATH) is not None


def call(
    arguments: Sequence[str | Path], stdin: str = "", *, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end. ``LabError`` when it is missing or (with ``check``) fails."""
    words = [str(argument) for argument in arguments]
    try:
        done = subprocess.run(
            words,
            input=stdin,
            env=environment(),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise LabError(f"{words[0]} is not installed on this computer") from error
    if check and done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-15:]
        raise LabError("\n    ".join([f"{' '.join(words)} failed ({done.returncode}):", *said]))
    return done
