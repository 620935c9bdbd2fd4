"""A LUKS disk of known identity: opened, mounted, closed, and its power cut."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backup import paths, state
from backup.config import Repository
from backup.errors import BackupError

BY_UUID = Path("/dev/disk/by-uuid")
MAPPER = Path("/dev/mapper")
CLOSE_SECONDS = 20.0


def device(disk: Repository) -> Path | None:
    """The disk's link in ``/dev/disk/by-uuid``, while it is plugged in."""
    link = BY_UUID / disk.luks_uuid
    return link if link.is_symlink() else None


def identify(disk: Repository) -> None:
    """``BackupError`` unless the declared disk itself is plugged in, and not a copy of it."""
    link = device(disk)
    if link is None:
        raise BackupError(f"{disk.name} is not plugged in")
    serial = _output("udevadm", "info", "--query=property", "--property=ID_SERIAL_SHORT",
                     "--value", f"--name={link.resolve()}")  # fmt: skip
    if disk.serial and serial != disk.serial:
        raise BackupError(f"{disk.name}: its LUKS header is on a disk with another serial number")


@contextmanager
def mounted(disk: Repository, passphrase: str) -> Iterator[Path]:
    """Unlock and mount; unmount and lock again. ``BackupError`` where one of it fails."""
    name, folder = mapping(disk), _folder(disk)
    unlock = ["cryptsetup", "open", "--type", "luks", "--key-file", "-"]
    if not _run([*unlock, str(BY_UUID / disk.luks_uuid), name], passphrase):
        raise BackupError(f"{disk.name} cannot be unlocked: wrong passphrase, or a damaged header")
    state.folder(folder)
    if not _run(["mount", "-o", "nosuid,nodev,noexec", str(MAPPER / name), str(folder)]):
        raise BackupError(f"{disk.name} cannot be mounted: no file system in it, or a damaged one")
    yield folder
    if not _run(["umount", str(folder)]):
        raise BackupError(f"{disk.name} cannot be unmounted: it is not sure that all is written")


def close(disk: Repository) -> None:
    """Unmount and lock, also when the disk was pulled out; nothing to do is fine."""
    folder, name = _folder(disk), mapping(disk)
    while _is_mount(folder):
        if not _run(["umount", str(folder)]) and not _run(["umount", "--lazy", str(folder)]):
            break
    limit = time.monotonic() + CLOSE_SECONDS
    while is_open(disk) and time.monotonic() < limit:
        if not _run(["cryptsetup", "close", name]):
            _run(["dmsetup", "remove", "--force", name])
            time.sleep(0.5)


def is_open(disk: Repository) -> bool:
    """Whether the disk is unlocked now."""
    return (MAPPER / mapping(disk)).exists()


def power_off(disk: Repository) -> bool:
    """Cut the disk's power. Whether it is gone, and locked before; a pulled disk is gone too."""
    if is_open(disk) or _is_mount(_folder(disk)):
        return False
    link = device(disk)
    if link is None:
        return True
    block = Path("/sys/class/block", link.resolve().name).resolve()
    subprocess.run(["sync"], check=False)
    for switch in _switches(block):
        try:
            switch.write_text("1")
        except OSError:
            continue
        break
    limit = time.monotonic() + CLOSE_SECONDS
    while device(disk) and time.monotonic() < limit:
        time.sleep(0.2)
    return device(disk) is None


def mapping(disk: Repository) -> str:
    """The name of the unlocked disk in ``/dev/mapper``."""
    return f"socle-backup-{disk.name}"


def _switches(block: Path) -> list[Path]:
    """What to write 1 to: the USB port's, else the disk's own."""
    above = [block, *block.parents]
    usb = [one / "remove" for one in above if (one / "idVendor").exists()]
    scsi = [one / "device/delete" for one in above if (one / "device/delete").exists()]
    return [*usb[:1], *scsi]


def _folder(disk: Repository) -> Path:
    return paths.RUNTIME / "mount" / disk.name


def _is_mount(folder: Path) -> bool:
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return any(line.split()[4] == str(folder) for line in mounts)


def _run(command: list[str], stdin: str = "") -> bool:
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BackupError(f"{command[0]} is not installed") from None
    return done.returncode == 0


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()
