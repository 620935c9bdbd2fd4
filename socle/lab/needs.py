"""What a lab needs of this computer, said plainly, and how to get it on Debian."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from socle.lab.commands import call, which
from socle.lab.errors import LabError

# program (or file) -> Debian package
_PROGRAMS = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "nft": "nftables",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "setsid": "util-linux",
    "setpriv": "util-linux",
    "mount": "mount",
    "ssh-keygen": "openssh-client",
}
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def requirements() -> list[str]:
    """What is missing on this computer, one sentence each. Empty: a lab can be booted."""
    if platform.system() != "Linux":
        return [f"Linux (this is {platform.system()})"]
    missing = [f"{name} (Debian package {_PROGRAMS[name]})" for name in _missing_programs()]
    if not _KEYRING.exists():
        missing.append("Debian's archive keys (Debian package debian-archive-keyring)")
    if os.geteuid() != 0:
        missing.insert(0, "root (bridges, mounts and containers are made): run it with sudo")
    return missing


def install_requirements() -> None:
    """Install the missing Debian packages. ``LabError`` where that cannot be done."""
    packages = {_PROGRAMS[name] for name in _missing_programs()}
    if not _KEYRING.exists():
        packages.add("debian-archive-keyring")
    if packages and os.geteuid() == 0 and which("apt-get"):
        call(["apt-get", "update", "--quiet"])
        call(["apt-get", "install", "--yes", "--no-install-recommends", *sorted(packages)])
    require()


def require() -> None:
    """``LabError`` with all that is missing, unless nothing is."""
    missing = requirements()
    if missing:
        raise LabError("\n  - ".join(["the lab needs:", *missing]))


def require_root() -> None:
    """``LabError`` unless we are root."""
    if os.geteuid() != 0:
        raise LabError("the lab needs root: run it with sudo")


def _missing_programs() -> list[str]:
    return [name for name in _PROGRAMS if not which(name)]
