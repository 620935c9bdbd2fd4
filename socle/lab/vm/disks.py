"""Disks of a virtual machine: blank ones inside, and USB disks that come and go while it runs."""

from __future__ import annotations

import re
import shlex
import time
from dataclasses import dataclass
from pathlib import Path

from socle.lab.commands import call
from socle.lab.errors import LabError
from socle.lab.vm import remote
from socle.lab.vm.monitor import Monitor, monitor
from socle.lab.vm.spec import VirtualMachine

PLUG_SECONDS = 60.0
_SERIAL = re.compile(r"[A-Za-z0-9-]{1,20}")


@dataclass(frozen=True)
class UsbDisk:
    """A USB disk of ``size`` MiB. Its content lasts as long as the machine's folder."""

    name: str
    size: int
    serial: str

    def __post_init__(self) -> None:
        """Raise ``LabError`` for a serial number that the machine would see otherwise."""
        for word in (self.name, self.serial):
            if not _SERIAL.fullmatch(word):
                raise LabError(f"{word!r}: expected at most 20 of A-Z, a-z, 0-9, -")

    def file(self, vm: VirtualMachine) -> Path:
        """What is on the disk, raw, as this computer sees it (to look for plain text in it)."""
        return vm.folder / f"usb-{self.name}.raw"


def attach_blank(vm: VirtualMachine) -> None:
    """Give a machine that runs its blank disks. ``LabError`` when they do not appear."""
    with monitor(vm.folder) as machine:
        for number, (name, size) in enumerate(vm.disks.items()):
            file = vm.folder / f"disk-{name}.qcow2"
            call(["qemu-img", "create", "-q", "-f", "qcow2", file, f"{size}M"])
            storage = {"driver": "file", "filename": str(file)}
            machine("blockdev-add", driver="qcow2", node_name=f"disk-{name}", file=storage)
            device = {"id": f"disk-{name}", "drive": f"disk-{name}", "serial": name}
            machine("device_add", driver="virtio-blk-pci", addr=hex(8 + number), **device)
    for name in vm.disks:
        _appears(vm, f"/dev/disk/by-id/virtio-{name}")


def plug(vm: VirtualMachine, disk: UsbDisk) -> str:
    """Plug a disk in (a blank one, the first time) and return its device, such as ``/dev/sda``.

    ``LabError`` when it is plugged in already, or the machine does not show it in time.
    """
    file = disk.file(vm)
    with monitor(vm.folder) as machine:
        if _plugged(machine, disk):
            raise LabError(f"USB disk {disk.name} is plugged in already")
        if not file.exists():
            with file.open("wb") as new:
                new.truncate(disk.size << 20)
        if disk.name not in {node["node-name"] for node in machine("query-named-block-nodes")}:
            storage = {"driver": "file", "filename": str(file)}
            machine("blockdev-add", driver="raw", node_name=disk.name, file=storage)
        machine("device_add", driver="usb-storage", id=_id(disk), bus="usb.0", drive=disk.name,
                removable=True, serial=disk.serial)  # fmt: skip
    return _appears(vm, _link(disk))


def unplug(vm: VirtualMachine, disk: UsbDisk) -> None:
    """Take a disk out as a careful person does. ``LabError`` while anything on it is in use."""
    link = _link(disk)
    uses = f"lsblk --noheadings --raw --output NAME,TYPE,MOUNTPOINTS {link}"
    used = [words for words in remote.checked(vm, uses).splitlines()
            if words.split()[1:2] not in (["disk"], ["part"]) or len(words.split()) > 2]  # noqa: PLR2004  # fmt: skip
    if used:
        raise LabError(f"USB disk {disk.name} is in use: {'; '.join(used)}")
    remote.checked(vm, f"blockdev --flushbufs {link}")
    pull(vm, disk)


def pull(vm: VirtualMachine, disk: UsbDisk) -> None:
    """Take a disk out whatever the machine is doing with it, as patients' children do."""
    with monitor(vm.folder) as machine:
        machine("device_del", id=_id(disk))
        limit = time.monotonic() + PLUG_SECONDS
        while _plugged(machine, disk):
            if time.monotonic() > limit:
                raise LabError(f"USB disk {disk.name} does not come off")
            time.sleep(0.05)
    _wait(vm, f"[ ! -e {_link(disk)} ]", f"USB disk {disk.name} does not go away")


def _id(disk: UsbDisk) -> str:
    return f"usb-{disk.name}"


def _link(disk: UsbDisk) -> str:
    return f"/dev/disk/by-id/usb-QEMU_QEMU_HARDDISK_{disk.serial}-0:0"


def _plugged(machine: Monitor, disk: UsbDisk) -> bool:
    there = machine("qom-list", path="/machine/peripheral")
    return _id(disk) in {entry["name"] for entry in there}


def _appears(vm: VirtualMachine, link: str) -> str:
    """The device behind a link, once udev has made it."""
    return _wait(vm, f"readlink --canonicalize-existing {link}", f"{link} does not appear")


def _wait(vm: VirtualMachine, condition: str, otherwise: str) -> str:
    loop = f"until {condition}; do sleep 0.1; done; udevadm settle"
    command = f"timeout {PLUG_SECONDS:g} sh -c {shlex.quote(loop)}"
    done = remote.run(vm, command, timeout=PLUG_SECONDS + remote.RUN_SECONDS)
    if done.returncode != 0:
        raise LabError(f"virtual machine {vm.name}: {otherwise}")
    return done.stdout.strip()
