"""What a lab needs of this computer, said plainly, and how to get it on Debian."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
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
# Besides, for virtual machines.
_VM_PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "cryptsetup": "cryptsetup-bin",
    "mkfs.ext4": "e2fsprogs",
    "ssh": "openssh-client",
}
_ALL_PROGRAMS = {**_PROGRAMS, **_VM_PROGRAMS}
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def requirements() -> list[str]:
    """What is missing on this computer, one sentence each. Empty: a lab can be booted."""
    return _requirements(_PROGRAMS)


def vm_requirements() -> list[str]:
    """The same for virtual machines (which are also emulated where there is no KVM)."""
    return _requirements(_ALL_PROGRAMS)


def install_requirements() -> None:
    """Install the missing Debian packages. ``LabError`` where that cannot be done."""
    _install(_PROGRAMS)
    require()


def install_vm_requirements() -> None:
    """The same for virtual machines."""
    _install(_ALL_PROGRAMS)
    require_vm()


def require() -> None:
    """``LabError`` with all that is missing, unless nothing is."""
    _raise("the lab needs:", requirements())


def require_vm() -> None:
    """``LabError`` with all that virtual machines miss, unless nothing is."""
    _raise("virtual machines need:", vm_requirements())


def require_root() -> None:
    """``LabError`` unless we are root."""
    if os.geteuid() != 0:
        raise LabError("the lab needs root: run it with sudo")


def _requirements(programs: Mapping[str, str]) -> list[str]:
    if platform.system() != "Linux":
        return [f"Linux (this is {platform.system()})"]
    missing = [f"{name} (Debian package {programs[name]})" for name in _missing(programs)]
    if not _KEYRING.exists():
        missing.append("Debian's archive keys (Debian package debian-archive-keyring)")
    if os.geteuid() != 0:
        missing.insert(0, "root (bridges, mounts and containers are made): run it with sudo")
    return missing


def _install(programs: Mapping[str, str]) -> None:
    packages = {programs[name] for name in _missing(programs)}
    if not _KEYRING.exists():
        packages.add("debian-archive-keyring")
    if packages and os.geteuid() == 0 and which("apt-get"):
        call(["apt-get", "update", "--quiet"])
        call(["apt-get", "install", "--yes", "--no-install-recommends", *sorted(packages)])


def _raise(opening: str, missing: list[str]) -> None:
    if missing:
        raise LabError("\n  - ".join([opening, *missing]))


def _missing(programs: Mapping[str, str]) -> list[str]:
    return [name for name in programs if not which(name)]
