"""A machine's disk: an overlay over its image (or a copy of it), dressed to boot."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from socle.lab import folders, keys
from socle.lab.commands import call
from socle.lab.contents import File, Surroundings, files
from socle.lab.errors import LabError
from socle.lab.spec import Lab, Machine
from socle.lab.surroundings import apt_conf

UNMOUNT_SECONDS = 5.0


def root(lab: Lab, machine: Machine) -> Path:
    """The machine's file system as this computer sees it."""
    return lab.home(machine) / "root"


def prepare(lab: Lab, machine: Machine, image: Path) -> None:
    """Mount the machine's disk: the one that is there, or a new one.

    A disk that was made from another image, or for other names, addresses or keys, is replaced.
    ``LabError`` when this computer's disk is full or cannot be written.
    """
    home = lab.home(machine)
    wanted = files(lab, machine, _surroundings(lab, machine))
    made_for = f"{image}\n{_digest(lab, machine)}\n"
    try:
        if _made_for(home) == made_for:
            attach(lab, machine)
            return
        discard(lab, machine)
        (home / "root").mkdir(parents=True)
        if not _overlay(home, image):
            shutil.rmtree(home / "upper", ignore_errors=True)
            call(["cp", "--archive", "--reflink=auto", f"{image}/.", home / "root"])
        _dress(home / "root", lab.administrator, wanted)
        (home / "made-for").write_text(made_for)
    except OSError as error:
        raise LabError(f"machine {machine.name}: {error}") from error


def attach(lab: Lab, machine: Machine) -> None:
    """Mount the disk that is there. ``LabError`` when there is none, or its image is gone."""
    home = lab.home(machine)
    made_for = _made_for(home)
    if made_for is None:
        raise LabError(f"machine {machine.name} has no disk: boot the lab first")
    image = Path(made_for.splitlines()[0])
    if (home / "upper").exists() and not _mounts(home) and not _overlay(home, image):
        raise LabError(f"machine {machine.name}: cannot mount its disk over {image}")


def release(lab: Lab) -> None:
    """Unmount whatever is mounted below the lab's folder, also of machines it no longer names."""
    for mount in reversed(_mounts(lab.folder / "machines")):
        _unmount(mount)


def discard(lab: Lab, machine: Machine) -> None:
    """Forget the machine's disk. Its console log and its keys stay."""
    home = lab.home(machine)
    for mount in reversed(_mounts(home)):
        _unmount(mount)
    for part in ("root", "upper", "work"):
        folders.remove(home / part)
    (home / "made-for").unlink(missing_ok=True)


def _overlay(home: Path, image: Path) -> bool:
    """Mount ``home/root``. False where overlays do not work (no such kernel, or one on another)."""
    for part in ("upper", "work"):
        (home / part).mkdir(exist_ok=True)
    layers = f"lowerdir={image},upperdir={home / 'upper'},workdir={home / 'work'}"
    mounted = call(["mount", "-t", "overlay", "overlay", "-o", layers, home / "root"], check=False)
    return mounted.returncode == 0


def _dress(target: Path, administrator: str, wanted: Mapping[str, File]) -> None:
    call(["chroot", target, "useradd", "--create-home", "--shell", "/bin/bash",
          "--groups", "sudo", administrator])  # fmt: skip
    home = (target / "home" / administrator).stat()
    for path, file in wanted.items():
        place = target / path
        place.unlink(missing_ok=True)  # the image's resolv.conf may be a link out of the machine
        place.parent.mkdir(mode=0o700 if place.parent.name == ".ssh" else 0o755, exist_ok=True)
        place.write_text(file.text)
        place.chmod(file.mode)
        if file.administrators:
            os.chown(place, home.st_uid, home.st_gid)
            os.chown(place.parent, home.st_uid, home.st_gid)


def _surroundings(lab: Lab, machine: Machine) -> Surroundings:
    host_key = keys.host_key(lab, machine)
    return Surroundings(
        host_key=host_key.read_text(),
        host_key_public=host_key.with_suffix(".pub").read_text(),
        administrator_key_public=lab.key_file.with_suffix(".pub").read_text(),
        apt_conf=apt_conf(),
    )


def _digest(lab: Lab, machine: Machine) -> str:
    """Of what the disk was made for. This computer's name servers and proxies may come and go."""
    around = replace(_surroundings(lab, machine), apt_conf="")
    return hashlib.sha256(repr(files(lab, machine, around)).encode()).hexdigest()


def _made_for(home: Path) -> str | None:
    """The image's path and the digest, one a line; None where no disk was finished."""
    mark = home / "made-for"
    return mark.read_text() if mark.exists() else None


def _mounts(folder: Path) -> list[Path]:
    """What is mounted below ``folder``, in the order of mounting (a space is written ``\\040``)."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    names = [re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), point) for point in points]
    return [Path(name) for name in names if name.startswith(f"{folder}/")]


def _unmount(mount: Path) -> None:
    """Unmount; shortly after its machine's end a mount can still be busy."""
    limit = time.monotonic() + UNMOUNT_SECONDS
    while call(["umount", mount], check=False).returncode != 0:
        if time.monotonic() > limit:
            call(["umount", "--lazy", mount])
            return
        time.sleep(0.05)
