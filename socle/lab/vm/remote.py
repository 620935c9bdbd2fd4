"""Commands in a virtual machine: as root, over SSH, the host key checked."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from socle.lab.commands import environment
from socle.lab.errors import LabError
from socle.lab.vm.spec import VirtualMachine

RUN_SECONDS = 120.0
UNREACHABLE = 255  # ssh's own exit status


def run(
    vm: VirtualMachine, command: str, stdin: str = "", timeout: float = RUN_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run a shell command as root: the administrator comes in by key and uses sudo.

    So it goes on working where a room has closed root's login. ``timeout`` in seconds. A command
    that fails is not an error: look at ``returncode``. ``LabError`` when the machine cannot be
    reached, or the command does not end in time (its ssh is killed; what it started may go on).
    """
    words = [f"{vm.administrator}@127.0.0.1", f"sudo -n -H sh -c {shlex.quote(command)}"]
    return ssh(options(vm.key_file, vm.known_hosts, vm.port), words, stdin, timeout)


def checked(vm: VirtualMachine, command: str, stdin: str = "", timeout: float = RUN_SECONDS) -> str:
    """The output of ``run``; ``LabError`` when the command fails."""
    done = run(vm, command, stdin, timeout)
    if done.returncode != 0:
        raise LabError(f"{command} failed ({done.returncode}): {done.stderr.strip()}")
    return done.stdout


def ssh(
    options: Sequence[str], words: Sequence[str], stdin: str, timeout: float
) -> subprocess.CompletedProcess[str]:
    """One ssh with these options. ``LabError`` when it cannot connect, or does not end."""
    try:
        done = subprocess.run(
            ["ssh", *options, *words],
            input=stdin,
            env=environment(),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(f"no end after {timeout:g} s: {words[-1]}") from error
    if done.returncode == UNREACHABLE:
        raise LabError(f"ssh: {done.stderr.strip()}")
    return done


def options(key: Path, known_hosts: Path, port: int) -> list[str]:
    """What ssh is told, whatever the user's own configuration says."""
    told = {
        "IdentityFile": f'"{key}"',
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": f'"{known_hosts}"',
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "BatchMode": "yes",
        "ConnectTimeout": "60",
        "ServerAliveInterval": "30",
        "LogLevel": "ERROR",
        "Port": str(port),
    }
    pairs = (("-o", f"{name}={value}") for name, value in told.items())
    return ["-F", "none", *(word for pair in pairs for word in pair)]


def trust(vm: VirtualMachine, public_key: str = "", file: Path | None = None) -> None:
    """Write the host key, the machine's own if none is given, under its address and port."""
    words = (public_key or vm.host_key.with_suffix(".pub").read_text()).split()[:2]
    (file or vm.known_hosts).write_text(f"[127.0.0.1]:{vm.port} {' '.join(words)}\n")


def boot_id(vm: VirtualMachine) -> str:
    """Which boot this is; empty while the machine cannot be reached."""
    try:
        return run(vm, "cat /proc/sys/kernel/random/boot_id").stdout.strip()
    except LabError:
        return ""


def set_clock(vm: VirtualMachine) -> None:
    """Put the clock right: a restored memory believes in the moment at which it was saved."""
    checked(vm, f"date --utc --set=@{time.time() + 0.5:.2f}")
