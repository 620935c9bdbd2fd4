"""Debian images: built once by mmdebstrap, kept in the user's cache, never booted themselves."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
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

GNOME = (
    "dbus-user-session",
    "dconf-cli",
    "gdm3",
    "gnome-session",
    "gnome-session-xsession",  # without it GDM finds no session on a computer without a screen
    "gnome-settings-daemon",
    "gnome-shell",
    "libglib2.0-bin",
    "mutter",
    "python3-gi",
)

XFCE = (
    "i3lock",
    "x11-utils",
    "x11-xserver-utils",
    "xauth",
    "xdotool",
    "xfce4-screensaver",
    "xfce4-session",
    "xfce4-settings",
    "xfconf",
    "xfdesktop4",
    "xfwm4",
    "xprintidle",
    "xss-lock",
    "xvfb",
)

# What rooms install on machines. Images carry these files, with all that they depend on, so that
# a test's `apt-get install` is a real one and downloads nothing.
DOWNLOADED = (
    "dcmtk",
    "miniupnpd",
    "miniupnpd-nftables",
    "needrestart",
    "openssl",
    "orthanc",
    "powermgmt-base",
    "rclone",
    "restic",
    "stunnel4",
    "unattended-upgrades",
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

# GDM is there, as on the real machines, but waits: most tests need no desktop, and boot faster.
DESKTOP_RECIPE = """\
chroot "$1" systemctl --quiet set-default multi-user.target
for person in camille dominique; do
    chroot "$1" useradd --create-home --shell /bin/bash "$person"
done
"""

DOWNLOAD = """\
set -eu
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
apt-get clean
apt-get install --quiet --yes --no-install-recommends --download-only {packages}
"""

# A build that is interrupted is thrown away: nothing needs to reach the disk in between. Nobody
# reads manuals in these machines; licences stay.
DPKG = (
    "force-unsafe-io",
    *(f"path-exclude=/usr/share/{part}/*" for part in ("doc", "help", "info", "locale", "man")),
    "path-include=/usr/share/doc/*/copyright",
)

# A locker may lock memory, which keeps what is typed out of swap; containers forbid it by default.
MAY_LOCK_MEMORY = "--system-call-filter=@memlock"


@dataclass(frozen=True)
class Image:
    """What a machine is made from. ``nspawn``: what its machines are started with besides."""

    suite: str
    packages: tuple[str, ...] = PACKAGES
    recipe: str = RECIPE
    nspawn: tuple[str, ...] = ()


IMAGES = {
    "bookworm": Image("bookworm"),
    "trixie": Image("trixie"),
    "trixie-desktop": Image(
        "trixie", (*PACKAGES, *GNOME, *XFCE), RECIPE + DESKTOP_RECIPE, (MAY_LOCK_MEMORY,)
    ),
}

# Authorities that this computer trusts on top of Debian's, for instance a filtering proxy's.
AUTHORITIES = Path("/usr/local/share/ca-certificates")


def cache() -> Path:
    """``$XDG_CACHE_HOME/socle/lab``, below ``~/.cache`` by default."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "socle" / "lab"


def image_key(
    name: str, image: Image, downloaded: Iterable[str], authorities: Iterable[str]
) -> str:
    """The image's folder name: another list, recipe or authority gives another image."""
    parts = (
        (image.suite, image.recipe, DPKG, DOWNLOAD),
        *(sorted(part) for part in (image.packages, downloaded, authorities)),
    )
    return f"{name}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}"


def image(name: str) -> Path:
    """Where the image called ``name`` (of ``IMAGES``) is, or will be."""
    texts = [file.read_text() for file in AUTHORITIES.rglob("*.crt")]
    return cache() / image_key(name, IMAGES[name], DOWNLOADED, texts)


def build(name: str, say: Callable[[str], None]) -> Path:
    """The image called ``name``, built now if it is not there yet.

    A bare Debian takes about a minute and 350 MB, one with desktops two to four and 1.2 GB. It
    is complete or absent, as `once` says. ``LabError`` when mmdebstrap fails.
    """

    def make(half: Path) -> None:
        say(f"building the {name} image (minutes, once)")
        bootstrap(IMAGES[name], half)
        half.chmod(0o755)

    return once(image(name), name, make)


def once(target: Path, name: str, make: Callable[[Path], None]) -> Path:
    """``target``, made now if it is not there yet, by ``make`` in a folder that then becomes it.

    It is complete or absent; several processes may ask at once, the others wait. ``LabError``.
    """
    if target.is_dir():
        return target
    with locked(cache() / f"{name}.lock"):
        if target.is_dir():
            return target
        for leftover in cache().glob(f"building-{name}.*"):
            remove(leftover)
        half = Path(mkdtemp(prefix=f"building-{name}.", dir=cache()))
        try:
            make(half)
            half.rename(target)
        except OSError as error:
            raise LabError(f"image {name}: {error}") from error
        finally:
            shutil.rmtree(half, ignore_errors=True)  # what is left, the next build removes
    return target


def bootstrap(image: Image, folder: Path, *options: str) -> None:
    """Make an image's root file system; ``options`` are mmdebstrap's. ``LabError``."""
    copies = [f"--customize-hook=copy-in {AUTHORITIES} /usr/local/share"]
    call(
        [
            *("setpriv", "--pdeathsig", "TERM"),  # nobody builds on for a caller that was killed
            "mmdebstrap",
            "--variant=minbase",
            "--mode=root",
            "--format=directory",
            "--skip=cleanup/apt",  # so that `apt-get install` works at once in a machine
            *(f"--dpkgopt={option}" for option in DPKG),
            f"--include={','.join(image.packages)}",
            *(copies if any(AUTHORITIES.rglob("*.crt")) else []),
            f"--customize-hook={image.recipe}",
            f"--customize-hook={DOWNLOAD.format(packages=' '.join(DOWNLOADED))}",
            *options,
            image.suite,
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
