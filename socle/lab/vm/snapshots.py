"""A running machine put aside and taken up again: all its disks and its memory, in seconds."""

from __future__ import annotations

from typing import Any

from socle.lab.errors import LabError
from socle.lab.vm import remote
from socle.lab.vm.monitor import Monitor, monitor
from socle.lab.vm.spec import VirtualMachine


def save(vm: VirtualMachine, name: str) -> None:
    """Keep the machine's present state under a name, over one that is there.

    It lasts as long as the machine's QEMU. ``LabError`` with a USB disk plugged in.
    """
    with monitor(vm.folder) as machine:
        _no_usb(machine)
        where = _where(vm)
        machine.job("snapshot-delete", tag=name, devices=where["devices"])
        machine.job("snapshot-save", tag=name, **where)


def restore(vm: VirtualMachine, name: str) -> None:
    """Go back to a kept state, with the right time. ``LabError`` when there is none."""
    with monitor(vm.folder) as machine:
        _no_usb(machine)
        remote.hang_up(vm)
        machine.job("snapshot-load", tag=name, **_where(vm))
        if not machine("query-status")["running"]:
            machine("cont")
    remote.set_clock(vm)


def _where(vm: VirtualMachine) -> dict[str, Any]:
    return {"vmstate": "root", "devices": ["root", *(f"disk-{name}" for name in vm.disks)]}


def _no_usb(machine: Monitor) -> None:
    there = {entry["name"] for entry in machine("qom-list", path="/machine/peripheral")}
    plugged = sorted(name.removeprefix("usb-") for name in there if name.startswith("usb-"))
    if plugged:
        raise LabError(f"unplug first: {', '.join(plugged)}")
