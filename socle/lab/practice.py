"""What one does with a lab: boot it, look at it, work in it, take it down."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from socle.lab import cgroups, console, disks, folders, images, keys, machines, network, processes
from socle.lab.errors import LabError
from socle.lab.locks import locked
from socle.lab.needs import require, require_root
from socle.lab.spec import Lab, Machine, MachineStatus

SHUTDOWN_SECONDS = 20.0

Say = Callable[[str], None]


def up(lab: Lab, say: Say) -> None:
    """Boot the lab's machines side by side, and wait until each can be worked with.

    What is there stays: run again, it changes nothing. Interrupted, it leaves what ``down``
    cleans. ``LabError`` for a missing requirement, a bridge of somebody else, a full disk, a
    machine that does not come up.
    """
    require()
    with _lock(lab):
        made = {name: images.build(name, say) for name in sorted({m.image for m in lab.machines})}
        lab.folder.mkdir(parents=True, exist_ok=True)
        keys.make(lab)
        network.up(lab)
        there = {process.machine for process in processes.find(lab.tag)}
        for machine in lab.machines:
            if machine.name not in there:
                say(f"{machine.name}: booting {machine.image}")
                disks.prepare(lab, machine, made[machine.image])
                machines.start(lab, machine)
        machines.wait(lab, lab.machines, machines.BOOT_SECONDS)
        for machine in lab.machines:
            say(f"{machine.name}: up at {', '.join(machine.addresses)}")


def down(lab: Lab, say: Say, keep_state: bool = False) -> None:
    """Stop the machines and remove mounts, rules, bridge and (unless ``keep_state``) the files.

    Complete after any way the starter or a machine ended; safe to call again. With
    ``keep_state`` the machines shut down cleanly, and the next ``up`` finds their disks and keys.
    """
    require_root()
    with _lock(lab):
        for name in sorted({process.machine for process in processes.find(lab.tag)}):
            say(f"{name}: stopping")
        processes.end(lab.tag, lambda _: True, SHUTDOWN_SECONDS if keep_state else 0.0)
        disks.release(lab)
        machines.forget(lab)
        cgroups.remove(lab.tag)
        network.down(lab)
        if not keep_state:
            _remove_files(lab)


def status(lab: Lab) -> dict[str, MachineStatus]:
    """How each machine of the lab is, by name."""
    return {m.name: MachineStatus(processes.init_of(lab.tag, m.name)) for m in lab.machines}


def run(
    lab: Lab, machine: str, command: str, stdin: str = "", timeout: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run a shell command as root in a machine, whatever its network and its sshd do.

    ``timeout`` in seconds. A command that fails is not an error: look at ``returncode``.
    ``LabError`` when the machine does not run, or the command does not end in time.
    """
    require_root()
    init = processes.init_of(lab.tag, lab.machine(machine).name)
    if init is None:
        raise LabError(f"machine {machine} is not running")
    return console.execute(init, command, stdin, timeout)


def reboot(lab: Lab, machine: str, *, wait_for_ssh: bool = True) -> None:
    """Restart a machine cleanly: the same disk, a new boot. Starts it if it does not run.

    Without ``wait_for_ssh``, a machine that lets nobody in any more counts as back too.
    """
    _again(lab, lab.machine(machine), SHUTDOWN_SECONDS, fresh=False, wait_for_ssh=wait_for_ssh)


def reset(lab: Lab, machine: str) -> None:
    """Put a machine back to its untouched image and boot it. All keys stay what they were."""
    _again(lab, lab.machine(machine), 0.0, fresh=True, wait_for_ssh=True)


def _again(lab: Lab, machine: Machine, gently: float, *, fresh: bool, wait_for_ssh: bool) -> None:
    require()
    with _lock(lab):
        if not network.is_up(lab):
            raise LabError(f"lab {lab.name} is not up")
        processes.end(lab.tag, lambda process: process.machine == machine.name, gently)
        if fresh:
            disks.discard(lab, machine)
            disks.prepare(lab, machine, images.build(machine.image, lambda _: None))
        else:
            disks.attach(lab, machine)
        machines.start(lab, machine)
        machines.wait(lab, [machine], machines.BOOT_SECONDS, ssh=wait_for_ssh)


def _remove_files(lab: Lab) -> None:
    for folder in (lab.folder / "machines", keys.host_keys_folder(lab)):
        folders.remove(folder)
    for file in (lab.key_file, lab.key_file.with_suffix(".pub"), lab.known_hosts):
        file.unlink(missing_ok=True)
    with suppress(OSError):  # not there, or others keep files in it
        lab.folder.rmdir()


def _lock(lab: Lab) -> AbstractContextManager[None]:
    return locked(Path("/run/socle-lab") / f"{lab.tag}.lock")
