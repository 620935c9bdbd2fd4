"""Starting and ending QEMU. It lives on without its starter and carries the machine's mark."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from socle.lab import processes
from socle.lab.commands import call, environment
from socle.lab.errors import LabError
from socle.lab.vm import remote
from socle.lab.vm.monitor import monitor
from socle.lab.vm.spec import VirtualMachine

PROGRAM = "qemu-system-x86_64"

# One processor: a second one waits for a busy computer's cores with locks held, until the kernel
# believes that it hangs (seen: panics). A clock that stands still between two turns is no fault.
BOOT_OPTIONS = (
    "console=ttyS0 rw quiet nowatchdog tsc=reliable rcupdate.rcu_cpu_stall_suppress=1 "
    "systemd.default_timeout_start_sec=900 systemd.default_device_timeout_sec=900"
)

# What emulation is slowest at: string instructions by the byte, a fifth level of page tables,
# switching the protection of user memory; and no virtual machines within this one.
CPU = "max,-erms,-fsrm,-la57,-svm,-smap"


def command_line(vm: VirtualMachine, image: Path, disk: Path) -> list[str]:
    """QEMU with one disk, the root; others are plugged in by the monitor."""
    file = _comma(disk)
    root = "/dev/mapper/cryptroot" if vm.encrypted else "/dev/vda"
    return [
        PROGRAM,
        *("-name", vm.name, "-nodefaults", "-display", "none", "-daemonize"),
        *("-machine", "pc", "-accel", "tcg", "-cpu", CPU, "-smp", "1"),
        *("-m", str(vm.memory)),
        *("-kernel", str(image / "vmlinuz"), "-initrd", str(image / "initrd.img")),
        *("-append", f"root={root} {BOOT_OPTIONS}"),
        *("-blockdev", f"driver=qcow2,node-name=root,file.driver=file,file.filename={file}"),
        *("-device", "virtio-blk-pci,drive=root,id=root,serial=root,addr=3"),
        *("-device", "qemu-xhci,id=usb,addr=4"),
        *("-device", "virtio-rng-pci,addr=5"),
        *("-netdev", "user,id=net,hostfwd=tcp:127.0.0.1:0-:22"),
        *("-device", "virtio-net-pci,netdev=net,romfile=,addr=6"),
        *("-chardev", "socket,id=tty,path=tty.sock,server=on,wait=off,"
          f"logfile={_comma(vm.console_log)},logappend=on"),
        *("-serial", "chardev:tty"),
        *("-qmp", "unix:qmp.sock,server=on,wait=off"),
    ]  # fmt: skip


def launch(vm: VirtualMachine, words: Sequence[str]) -> None:
    """Run QEMU in the machine's folder until it has opened its sockets; note the forwarded port.

    ``LabError`` with what QEMU said when it does not start.
    """
    done = subprocess.run(
        words,
        cwd=vm.folder,  # the sockets' own names are short, whatever the folder's is
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**environment(), processes.MARK: processes.mark(vm.tag, vm.name)},
        check=False,
    )
    if done.returncode != 0:
        raise LabError(f"virtual machine {vm.name}: QEMU: {done.stderr.strip()}")
    with monitor(vm.folder) as qemu:
        found = re.search(r"HOST_FORWARD\]\s+\d+\s+\S+\s+(\d+)", qemu.human("info usernet"))
    if found is None:
        raise LabError(f"virtual machine {vm.name}: QEMU forwards no port")
    (vm.folder / "port").write_text(found[1])


def running(vm: VirtualMachine) -> bool:
    """True while its QEMU lives."""
    return any(process.machine == vm.name for process in processes.find(vm.tag))


def end(vm: VirtualMachine) -> None:
    """End the machine's QEMU, like pulling the mains plug. ``LabError`` when it does not end."""
    processes.kill(vm.tag)
    remote.hang_up(vm)


def overlay(base: Path, form: str, target: Path, size: str = "") -> None:
    """A disk that holds only what differs from ``base`` (``form``: raw or qcow2)."""
    words: list[str | Path] = ["-f", "qcow2", "-F", form, "-b", base, target]
    call(["qemu-img", "create", "-q", *words, *([size] if size else [])])


def _comma(path: Path) -> str:
    """In QEMU's options a comma is written twice."""
    return str(path).replace(",", ",,")
