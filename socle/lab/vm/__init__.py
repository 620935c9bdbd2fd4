"""Virtual machines for what a container cannot show: a kernel, a root on LUKS2, disks, a reboot.

    vm = VirtualMachine("portable", Path("build/vm"), disks={"data": 256, "spare": 256})
    start(vm, print)                          # seconds: a booted state is kept beside the image
    run(vm, "lsblk --json")                   # as root, over SSH
    stick = UsbDisk("stick", 128, serial="COFFRE-1")
    device = plug(vm, stick)                  # "/dev/sda"
    unplug(vm, stick)                         # refused while it is in use; pull() is not
    save(vm, "clean"); restore(vm, "clean")   # disks and memory, in seconds
    reboot(vm)                                # a real one, through the passphrase prompt
    stop(vm, print)                           # nothing is left

Emulated without KVM, so everything is some 20 times slower than the computer: give commands time.
The machine sees its operator come from ``OPERATOR``. All that goes wrong is a ``LabError``.
"""

from socle.lab.vm.disks import UsbDisk, plug, pull, unplug
from socle.lab.vm.image import build
from socle.lab.vm.machine import prepare, reboot, start, stop, unlock
from socle.lab.vm.remote import run
from socle.lab.vm.snapshots import restore, save
from socle.lab.vm.spec import OPERATOR, PASSPHRASE, RECOVERY, VirtualMachine

__all__ = [
    "OPERATOR",
    "PASSPHRASE",
    "RECOVERY",
    "UsbDisk",
    "VirtualMachine",
    "build",
    "plug",
    "prepare",
    "pull",
    "reboot",
    "restore",
    "run",
    "save",
    "start",
    "stop",
    "unlock",
    "unplug",
]
