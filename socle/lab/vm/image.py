"""The virtual machines' image: Debian with a kernel, its root on a LUKS2 disk (or a plain one).

This computer needs no device-mapper: the file system is made in a file and encrypted in place.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from socle.lab import images, keys
from socle.lab.commands import call
from socle.lab.vm import recipe
from socle.lab.vm.spec import ADMINISTRATOR, PASSPHRASE, RECOVERY

SPARE_MIB = 200  # beyond the files; the disk grows when the machine boots for the first time
HEADER_MIB = 32

# One guess takes what the disk_encryption room asks for at least, and no more: it is emulated.
DERIVATION = ("--pbkdf", "argon2id", "--pbkdf-memory", "65536", "--pbkdf-parallel", "1",
              "--pbkdf-force-iterations", "4")  # fmt: skip


def image(*, encrypted: bool) -> Path:
    """Where the image is, or will be: disk, kernel, initramfs, the keys of the first boot."""
    files = recipe.files(encrypted=encrypted)
    all_of_it = repr(
        (recipe.BEFORE_PACKAGES, recipe.IMAGE.recipe, files, DERIVATION, PASSPHRASE, RECOVERY)
    )
    whole = replace(recipe.IMAGE, recipe=all_of_it)
    authorities = [file.read_text() for file in images.AUTHORITIES.rglob("*.crt")]
    key = images.image_key(kind(encrypted=encrypted), whole, images.DOWNLOADED, authorities)
    return images.cache() / key


def kind(*, encrypted: bool) -> str:
    """The word that opens the names of such images."""
    return "vm-luks" if encrypted else "vm-plain"


def build(say: Callable[[str], None], *, encrypted: bool = True) -> Path:
    """The image, built now if it is not there yet (about 2 minutes, 1 GB).

    It is complete or absent; several processes may ask at once. ``LabError`` when it fails.
    """

    def make(half: Path) -> None:
        say("building the virtual machine's image (some minutes, once)")
        _bootstrap(half, half / "root", encrypted=encrypted)
        _disk(half, half / "root", encrypted=encrypted)
        shutil.rmtree(half / "root")

    return images.once(image(encrypted=encrypted), kind(encrypted=encrypted), make)


def _bootstrap(half: Path, root: Path, *, encrypted: bool) -> None:
    """The root file system; its kernel and initramfs beside it, for QEMU to boot."""
    skeleton = half / "skeleton"
    for path, text in recipe.files(encrypted=encrypted).items():
        _write(skeleton / path, text)
    before = f"--essential-hook={recipe.BEFORE_PACKAGES}"
    images.bootstrap(recipe.IMAGE, root, f"--essential-hook=sync-in {skeleton} /", before)
    shutil.rmtree(skeleton)
    _let_in(half, root)
    for name in ("vmlinuz", "initrd.img"):
        (file,) = (root / "boot").glob(f"{name}-*")
        shutil.copyfile(file, half / name)


def _let_in(half: Path, root: Path) -> None:
    """Keys for the first boot; each machine gets its own when it starts."""
    keys.make_pair(half / "id_ed25519", "first boot")
    keys.make_pair(half / "host_key", "first boot")
    _write(root / "etc/resolv.conf", recipe.resolv_conf())
    _write(root / f"etc/sudoers.d/lab-{ADMINISTRATOR}",
           f"{ADMINISTRATOR} ALL=(ALL:ALL) NOPASSWD: ALL\n", 0o440)  # fmt: skip
    _write(root / "etc/ssh/ssh_host_ed25519_key", (half / "host_key").read_text(), 0o600)
    for home in ("root", f"home/{ADMINISTRATOR}"):
        _write(root / home / ".ssh/authorized_keys", (half / "id_ed25519.pub").read_text())


def _write(file: Path, text: str, mode: int = 0o644) -> None:
    file.unlink(missing_ok=True)  # may be a link that leads out of the image
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode)
    file.chmod(mode)
    file.write_text(text)


def _disk(half: Path, root: Path, *, encrypted: bool) -> None:
    used = int(call(["du", "--summarize", "--block-size=1M", root]).stdout.split()[0])
    filesystem = used * 11 // 10 + SPARE_MIB
    disk = half / "disk.raw"
    with disk.open("wb") as file:
        file.truncate((filesystem + HEADER_MIB) << 20)
    call(["mkfs.ext4", "-q", "-d", root, disk, f"{filesystem}M"])
    if encrypted:
        _cryptsetup("reencrypt", "--encrypt", "--type", "luks2",
                    "--reduce-device-size", f"{HEADER_MIB}M", disk)  # fmt: skip
        recovery = half / "recovery"
        recovery.write_text(RECOVERY)
        _cryptsetup("luksAddKey", disk, recovery)


def _cryptsetup(action: str, *words: str | Path) -> None:
    """Do something to an encrypted disk as the one who knows the passphrase."""
    options = ["--batch-mode", "--key-file", "-", *DERIVATION]
    call(["cryptsetup", action, *options, *words], PASSPHRASE)
