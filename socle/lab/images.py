"""Debian images: built once by mmdebstrap, kept in the user's cache, never booted themselves."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import mkdtemp

from socle.lab.commands import call
from socle.lab.errors import LabError
from socle.lab.locks import locked

PACKAGES = (
    "ca-certificates",
    "curl",
    "dbus",
    "iproute2",
    "iputils-ping",
    "kmod",
    "less",
    "libpam-systemd",
    "nftables",
    "openssh-server",
    "procps",
    "python3",
    "python3-apt",
    "sudo",
    "systemd",
    "systemd-sysv",
)

# Host keys and the machine id belong to a machine, not to an image. The id is left empty, not
# absent: systemd then fills it without taking the boot for a first boot that resets every unit.
RECIPE = """\
set -eu
rm -f "$1"/etc/ssh/ssh_host_*
: > "$1/etc/machine-id"
mkdir -p "$1/var/log/journal"
chroot "$1" systemctl --quiet enable systemd-networkd.service
chroot "$1" update-ca-certificates >/dev/null
"""

# Authorities that this computer trusts on top of Debian's, for instance a filtering proxy's.
AUTHORITIES = Path("/usr/local/share/ca-certificates")


def cache() -> Path:
    """``$XDG_CACHE_HOME/socle/lab``, below ``~/.cache`` by default."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "socle" / "lab"


def image_key(suite: str, packages: Iterable[str], recipe: str, authorities: Iterable[str]) -> str:
    """The image's folder name: another list, recipe or authority gives another image."""
    parts = [suite, *sorted(packages), recipe, *sorted(authorities)]
    return f"{suite}-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:12]}"


def image(suite: str) -> Path:
    """Where the image of a suite is, or will be."""
    texts = [file.read_text() for file in AUTHORITIES.rglob("*.crt")]
    return cache() / image_key(suite, PACKAGES, RECIPE, texts)


def build(suite: str, say: Callable[[str], None]) -> Path:
    """The image of ``suite``, built now if it is not there yet (about 45 s, 340 MB).

    It is complete or absent: mmdebstrap works in a folder of its own that is renamed at the end.
    Several processes may ask at once; the others wait. ``LabError`` when mmdebstrap fails.
    """
    target = image(suite)
    if target.is_dir():
        return target
    with locked(cache() / f"{suite}.lock"):
        if target.is_dir():
            return target
        for leftover in cache().glob(f"building-{suite}-*"):
            remove(leftover)
        say(f"building the {suite} image (about a minute, once)")
        half = Path(mkdtemp(prefix=f"building-{suite}-", dir=cache()))
        try:
            bootstrap(suite, PACKAGES, half, [f"--customize-hook={RECIPE}"])
            half.chmod(0o755)
            half.rename(target)
        except OSError as error:
            raise LabError(f"image {suite}: {error}") from error
        finally:
            shutil.rmtree(half, ignore_errors=True)  # what is left, the next build removes
    return target


def bootstrap(suite: str, packages: Iterable[str], folder: Path, hooks: Iterable[str]) -> None:
    """Make a root file system with mmdebstrap; ``hooks`` are options of it. ``LabError``."""
    copies = [f"--customize-hook=copy-in {AUTHORITIES} /usr/local/share"]
    call(
        [
            *("setpriv", "--pdeathsig", "TERM"),  # nobody builds on for a caller that was killed
            "mmdebstrap",
            "--variant=minbase",
            "--mode=root",
            "--format=directory",
            "--skip=cleanup/apt/lists",  # so that `apt-get install` works at once in a machine
            f"--include={','.join(packages)}",
            *(copies if any(AUTHORITIES.rglob("*.crt")) else []),
            *hooks,
            suite,
            folder,
        ]
    )


def remove(folder: Path) -> None:
    """Delete a half-built image. mmdebstrap, once killed, may leave file systems mounted in it."""
    for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        mount = line.split()[1]
        if mount.startswith(f"{folder}/"):
            call(["umount", "--lazy", mount])
    shutil.rmtree(folder)
