"""Booting a machine under systemd-nspawn, and waiting until it can be worked with."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from socle.lab import cgroups, disks, network, processes
from socle.lab.commands import environment
from socle.lab.console import execute
from socle.lab.errors import LabError
from socle.lab.images import IMAGES
from socle.lab.spec import Lab, Machine

BOOT_SECONDS = 90.0
SSH_PORT = 22

# Each systemd and each desktop watches files. The kernel allows a user 128 instances by default:
# some thirty machines, whose users share their numbers with this computer's.
WATCHERS = 1024
_WATCHERS = Path("/proc/sys/fs/inotify/max_user_instances")

# nspawn ends with 133 when the machine wants to be booted again.
_AGAIN = 'while "$@"; [ $? -eq 133 ]; do :; done'

# Joins the groups named before "--", then becomes the rest.
_JOIN = """\
while [ "$1" != -- ]; do mkdir -p "$1"; echo 0 > "$1/cgroup.procs"; shift; done
shift
exec "$@"
"""


def start(lab: Lab, machine: Machine) -> None:
    """Boot a prepared machine. It lives in a session of its own and outlives the caller."""
    if int(_WATCHERS.read_text()) < WATCHERS:
        _WATCHERS.write_text(f"{WATCHERS}\n")
    booted = _placed(lab, machine, _nspawn(lab, machine))
    words = ["setsid", "--fork", "sh", "-c", _AGAIN, "sh", *booted]
    marked = {**environment(), processes.MARK: processes.mark(lab.tag, machine.name)}
    with console_log(lab, machine).open("ab") as log:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=marked, check=False
        )
    if done.returncode != 0:
        raise LabError(f"machine {machine.name}: cannot start\n{_last_lines(lab, machine)}")


def console_log(lab: Lab, machine: Machine) -> Path:
    """What the machine said on its console, over all its boots."""
    return lab.home(machine) / "console.log"


def forget(lab: Lab) -> None:
    """Remove what a killed nspawn leaves in ``/run``."""
    for machine in lab.machines:
        with suppress(FileNotFoundError):
            (Path("/run/systemd/nspawn/propagate") / _name(lab, machine)).rmdir()


def wait(lab: Lab, machines: Iterable[Machine], seconds: float, *, ssh: bool = True) -> None:
    """Wait until each machine has booted and (with ``ssh``) sshd greets on all its addresses.

    ``LabError`` after ``seconds``, or as soon as one has ended; it quotes the machine's console.
    """
    limit = time.monotonic() + seconds
    waiting = list(machines)
    seen = {machine.name: time.monotonic() for machine in waiting}
    while waiting:
        alive = {process.machine for process in processes.find(lab.tag)}
        for machine in tuple(waiting):
            now = time.monotonic()
            if machine.name in alive:
                seen[machine.name] = now
            missing = _missing(lab, machine, ssh=ssh)
            if missing is None:
                waiting.remove(machine)
            # For an instant, while a program is being replaced, its environment cannot be read.
            elif now - seen[machine.name] > 1.0:
                raise LabError(f"machine {machine.name} ended\n{_last_lines(lab, machine)}")
            elif now > limit:
                raise LabError(
                    f"machine {machine.name}: {missing} after {seconds:g} s\n"
                    f"{_last_lines(lab, machine)}"
                )
        time.sleep(0.05 if waiting else 0)


def _name(lab: Lab, machine: Machine) -> str:
    """The machine's name on this computer, where other labs may have an ``accueil`` too."""
    return f"{lab.network.bridge}-{machine.name}"


def _nspawn(lab: Lab, machine: Machine) -> list[str]:
    first, *further = lab.legs(machine)
    return [
        "systemd-nspawn",
        f"--directory={disks.root(lab, machine)}",
        f"--machine={_name(lab, machine)}",
        f"--hostname={machine.name}",
        f"--network-bridge={first.network.bridge}",
        *(
            f"--network-veth-extra={network.outer_end(lab, machine, leg)}:{leg.interface}"
            for leg in further
        ),
        f"--setenv={processes.MARK}={processes.mark(lab.tag, machine.name)}",
        "--boot",
        "--register=no",
        "--keep-unit",
        "--settings=no",
        "--link-journal=no",
        "--resolv-conf=off",
        "--timezone=off",
        "--console=read-only",
        *IMAGES[machine.image].nspawn,
    ]


def _placed(lab: Lab, machine: Machine, words: Sequence[str]) -> list[str]:
    """The command, put into a control group of the machine's own."""
    if Path("/run/systemd/system").is_dir():
        unit = f"--unit=socle-lab-{lab.tag}-{machine.name}"
        scope = ["systemd-run", "--scope", "--quiet", "--collect", unit, "--property=Delegate=yes"]
        return [*scope, *words]
    groups = [str(folder) for folder in cgroups.folders(lab.tag, machine.name)]
    return ["sh", "-euc", _JOIN, "sh", *groups, "--", *words]


def _missing(lab: Lab, machine: Machine, *, ssh: bool) -> str | None:
    """What the machine still lacks to be worked with, in words."""
    init = processes.init_of(lab.tag, machine.name)
    if init is None:
        return "no PID 1"
    network.plug(lab, machine)
    try:
        state = execute(init, "systemctl is-system-running", timeout=10).stdout.strip()
    except LabError:
        state = ""
    if state not in ("running", "degraded"):
        return f"not booted ({state or 'systemd does not answer'})"
    if ssh:
        for address in machine.addresses:
            if not _greets(address):
                return f"no SSH greeting on {address} port {SSH_PORT}"
    return None


def _greets(address: str) -> bool:
    try:
        with socket.create_connection((address, SSH_PORT), timeout=0.5) as link:
            return link.recv(4) == b"SSH-"
    except OSError:
        return False


def _last_lines(lab: Lab, machine: Machine, count: int = 20) -> str:
    """The end of the console log, indented."""
    try:
        with console_log(lab, machine).open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 8192))
            text = log.read().decode(errors="replace")
    except FileNotFoundError:
        return "    (no console log)"
    return "\n".join(f"    {line}" for line in text.splitlines()[-count:])
