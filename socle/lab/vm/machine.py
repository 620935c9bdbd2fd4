"""The life of a virtual machine: start, restart, end."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from socle.lab import keys
from socle.lab.errors import LabError
from socle.lab.locks import locked
from socle.lab.needs import require_vm
from socle.lab.vm import booted, console, disks, image, qemu, remote
from socle.lab.vm.monitor import monitor
from socle.lab.vm.spec import VirtualMachine

READY = "ready"

Say = Callable[[str], None]


def start(vm: VirtualMachine, say: Say) -> None:
    """Have the machine run as it is right after its first boot, with its own keys and disks.

    The first start of a kind (memory, encrypted or not) boots it, unlocks its root through the
    serial console and keeps that state beside the image; every other start wakes that up, in
    seconds. A machine that runs is left as it is. ``LabError`` quotes the console's last lines.
    """
    require_vm()
    with _lock(vm):
        if qemu.running(vm) and (vm.folder / READY).exists():
            return
        qemu.end(vm)  # what an interrupted start left
        made = image.build(say, encrypted=vm.encrypted)
        state = booted.build(vm, made, say)
        _fresh_folder(vm)
        keys.make_pair(vm.key_file, f"{vm.administrator}@{vm.name}")
        keys.make_pair(vm.host_key, vm.name)
        say(f"{vm.name}: waking up")
        began = time.monotonic()
        booted.wake(vm, made, state)
        disks.attach_blank(vm)
        (vm.folder / READY).touch()
        say(f"{vm.name}: up at 127.0.0.1 port {vm.port} ({time.monotonic() - began:.1f} s)")


def prepare(say: Say) -> None:
    """Build the image and the booted state of the usual machine, so that tests start at once."""
    require_vm()
    vm = VirtualMachine("first-boot", Path("/run/socle-lab/vm-first-boot"))
    with _lock(vm):
        try:
            booted.build(vm, image.build(say), say)
        finally:
            _end(vm)


def stop(vm: VirtualMachine, say: Say) -> None:
    """End the machine like pulling its plug, and remove its disks, keys and logs.

    Complete after any way its starter ended; safe to call again.
    """
    with _lock(vm):
        if qemu.running(vm):
            say(f"{vm.name}: stopping")
        _end(vm)


def reboot(vm: VirtualMachine, *, power_cut: bool = False) -> None:
    """Restart the machine: shut down cleanly (or have its power cut), unlock, wait for SSH.

    A real boot: 40 s and more. ``LabError`` with the console's last lines when it does not come
    back. What boots is the kernel of the image, whatever was installed since.
    """
    with _lock(vm):
        said = console.size(vm)
        if power_cut:
            with monitor(vm.folder) as machine:
                machine("system_reset")
            last = ""
        else:
            last = remote.boot_id(vm)
            remote.checked(vm, _REBOOT)
        remote.hang_up(vm)
        console.come_up(vm, said, last)


def unlock(vm: VirtualMachine) -> None:
    """Answer the prompt of a machine that restarts by itself, once it asks; wait for SSH."""
    with _lock(vm):
        remote.hang_up(vm)
        console.come_up(vm, console.unanswered(vm), "")


# After the answer has gone out, but not a minute later, which is systemd's usual idea of accuracy.
_REBOOT = "systemd-run --quiet --on-active=1 --timer-property=AccuracySec=100ms systemctl reboot"


def _end(vm: VirtualMachine) -> None:
    qemu.end(vm)
    if vm.folder.exists():
        shutil.rmtree(vm.folder)


def _fresh_folder(vm: VirtualMachine) -> None:
    try:
        if vm.folder.exists():
            shutil.rmtree(vm.folder)
        vm.folder.mkdir(parents=True)
    except OSError as error:
        raise LabError(f"virtual machine {vm.name}: {error}") from error


def _lock(vm: VirtualMachine) -> AbstractContextManager[None]:
    return locked(Path("/run/socle-lab") / f"{vm.tag}.lock")
