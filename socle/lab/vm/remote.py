"""Commands in a virtual machine: as root, over SSH, the host key checked."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile

from socle.lab import processes
from socle.lab.commands import call, environment
from socle.lab.errors import LabError
from socle.lab.vm.spec import VirtualMachine

RUN_SECONDS = 120.0
UNREACHABLE = 255  # ssh's own exit status


def run(
    vm: VirtualMachine, command: str, stdin: str = "", timeout: float = RUN_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run a shell command as root: the administrator comes in by key and uses sudo.

    The connection is kept for the next command: it goes on working where a room has closed root's
    login or the firewall. ``timeout`` in seconds. A command that fails is not an error: look at
    ``returncode``. ``LabError`` when the machine cannot be reached, or the command does not end
    in time (its ssh is killed; what it started may go on).
    """
    link = _link(vm)
    common = [*options(vm.key_file, vm.known_hosts, vm.port), "-o", f"ControlPath={link}"]
    account = f"{vm.administrator}@127.0.0.1"
    if not link.exists():
        # On its own: it would keep the pipes of the command that it was made for.
        ssh(vm, [*common, "-M", "-N", "-f", "-o", "ControlPersist=yes", account], timeout=timeout)
    return ssh(vm, [*common, account, f"sudo -n -H sh -c {shlex.quote(command)}"], stdin, timeout)


def checked(vm: VirtualMachine, command: str, stdin: str = "", timeout: float = RUN_SECONDS) -> str:
    """The output of ``run``; ``LabError`` when the command fails."""
    done = run(vm, command, stdin, timeout)
    if done.returncode != 0:
        raise LabError(f"{command} failed ({done.returncode}): {done.stderr.strip()}")
    return done.stdout


def hang_up(vm: VirtualMachine) -> None:
    """Drop the connection that ``run`` keeps: the machine is about to forget it."""
    link = _link(vm)
    if link.exists():
        call(["ssh", "-F", "none", "-o", f"ControlPath={link}", "-O", "exit", "-"], check=False)
        link.unlink(missing_ok=True)


def ssh(
    vm: VirtualMachine, words: Sequence[str], stdin: str = "", timeout: float = RUN_SECONDS
) -> subprocess.CompletedProcess[str]:
    """One ssh with these words. ``LabError`` when it cannot connect, or does not end."""
    with TemporaryFile("w+") as errors:
        try:
            done = subprocess.run(
                ["ssh", *words],
                input=stdin,
                env={**environment(), processes.MARK: processes.mark(vm.tag, f"{vm.name}.ssh")},
                stdout=subprocess.PIPE if "-M" not in words else subprocess.DEVNULL,
                stderr=errors,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise LabError(f"no end after {timeout:g} s: {words[-1]}") from error
        errors.seek(0)
        done.stderr = errors.read()
    if done.returncode == UNREACHABLE:
        raise LabError(f"ssh: {done.stderr.strip() or 'the connection broke'}")
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
        "ServerAliveCountMax": "10",
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


def _link(vm: VirtualMachine) -> Path:
    """The kept connection's socket: a short path, as sockets need."""
    return Path("/run/socle-lab") / f"{vm.tag}.ssh"
