"""The state of a machine right after its first boot, kept beside its image: disk and memory."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

from socle.lab.commands import call
from socle.lab.errors import LabError
from socle.lab.locks import locked
from socle.lab.surroundings import apt_conf
from socle.lab.vm import console, qemu, remote
from socle.lab.vm.monitor import Monitor, monitor
from socle.lab.vm.spec import VirtualMachine

DISK_SIZE = "6G"
# To log in takes seconds when it starts a user's systemd: the administrator's stays.
FIRST_BOOT = "resize2fs {root} && loginctl enable-linger {administrator} && sync"

MOVE_SECONDS = 120.0

Say = Callable[[str], None]


def build(vm: VirtualMachine, image: Path, say: Say) -> Path:
    """The state for machines like ``vm``, made now if it is not there yet (a boot, 0.5 GB).

    It is complete or absent. The machine that boots for it is ``vm`` itself, so that stopping
    ``vm`` ends it after any way its starter ended. ``LabError`` quotes the console.
    """
    target = image / f"booted-{_key(vm)}"
    if target.is_dir():
        return target
    with locked(image / "booted.lock"):
        if target.is_dir():
            return target
        half = image / f"booting-{_key(vm)}"
        qemu.end(vm)  # what a killed builder left
        shutil.rmtree(half, ignore_errors=True)
        shutil.rmtree(vm.folder, ignore_errors=True)
        try:
            half.mkdir()
            vm.folder.mkdir(parents=True)
            _boot(vm, image, half, say)
            half.rename(target)
        except OSError as error:
            raise LabError(f"state of {image.name}: {error}") from error
        finally:
            qemu.end(vm)
            shutil.rmtree(half, ignore_errors=True)
    return target


def wake(vm: VirtualMachine, image: Path, state: Path) -> None:
    """Go on from the state, with the machine's own keys and name. ``LabError``."""
    disk = vm.folder / "root.qcow2"
    qemu.overlay(state / "root.qcow2", "qcow2", disk)
    memory = f"exec:exec cat {shlex.quote(str(state / 'memory'))}"
    qemu.launch(vm, [*qemu.command_line(vm, image, disk), "-S", "-incoming", memory])
    with monitor(vm.folder) as machine:
        _moved(vm, machine)
        machine("cont")
    _take_over(vm, image)


def _key(vm: VirtualMachine) -> str:
    """Memory goes back only into the same computer: QEMU's version and every part of it count."""
    shape = VirtualMachine("shape", Path("/shape"), vm.memory, vm.encrypted)
    parts = qemu.command_line(shape, Path("/image"), Path("/disk"))
    parts += [call([qemu.PROGRAM, "--version"]).stdout, DISK_SIZE, FIRST_BOOT]
    return f"{vm.memory}-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:12]}"


def _boot(vm: VirtualMachine, image: Path, half: Path, say: Say) -> None:
    say(f"{vm.name}: first boot of the image (a minute or more, once)")
    began = time.monotonic()
    disk = half / "root.qcow2"
    qemu.overlay(image / "disk.raw", "raw", disk, DISK_SIZE)
    qemu.launch(vm, qemu.command_line(vm, image, disk))
    for name in ("id_ed25519", "host_key", "host_key.pub"):
        shutil.copy(image / name, vm.folder / name)
    remote.trust(vm)
    console.come_up(vm, 0, "")
    say(f"{vm.name}: booted in {time.monotonic() - began:.0f} s")
    root = "/dev/mapper/cryptroot" if vm.encrypted else "/dev/vda"
    remote.checked(vm, FIRST_BOOT.format(root=root, administrator=vm.administrator))
    remote.hang_up(vm)
    with monitor(vm.folder) as machine:
        machine("stop")
        machine("migrate", uri=f"exec:exec cat > {shlex.quote(str(half / 'memory'))}")
        _moved(vm, machine)
        machine("quit")


def _moved(vm: VirtualMachine, machine: Monitor) -> None:
    """Wait until the memory is written, or read."""
    limit = time.monotonic() + MOVE_SECONDS
    while (state := machine("query-migrate").get("status")) != "completed":
        if state == "failed" or time.monotonic() > limit:
            raise console.failed(vm, f"its memory could not be moved ({state})")
        time.sleep(0.05)


_TAKE_OVER = """\
set -eu
date --utc --set=@{now:.2f} >/dev/null
echo {name} >/etc/hostname; hostname {name}
printf '127.0.0.1 localhost {name}\\n::1 localhost ip6-localhost\\n' >/etc/hosts
cat >/etc/apt/apt.conf.d/00lab <<'END'
{apt_conf}END
cat >/etc/ssh/ssh_host_ed25519_key <<'END'
{host_key}END
cat >/etc/ssh/ssh_host_ed25519_key.pub <<'END'
{host_key_public}END
for home in /root /home/{administrator}; do echo '{key}' >$home/.ssh/authorized_keys; done
systemctl restart ssh
"""


def _take_over(vm: VirtualMachine, image: Path) -> None:
    """Give the machine its name, keys and the right time: it comes with the first boot's."""
    own = vm.folder / "first-boot"
    remote.trust(vm, (image / "host_key.pub").read_text(), own)
    script = dedent(_TAKE_OVER).format(
        now=time.time() + 0.5,
        name=vm.name,
        apt_conf=apt_conf(),
        host_key=vm.host_key.read_text(),
        host_key_public=vm.host_key.with_suffix(".pub").read_text(),
        key=vm.key_file.with_suffix(".pub").read_text().strip(),
        administrator=vm.administrator,
    )
    options = remote.options(image / "id_ed25519", own, vm.port)
    words = [*options, f"{vm.administrator}@127.0.0.1", "sudo -n sh -s"]
    done = remote.ssh(vm, words, script, console.BOOT_SECONDS)
    if done.returncode != 0:
        raise console.failed(vm, f"cannot take it over: {done.stderr.strip()}")
    own.unlink()
    remote.trust(vm)
