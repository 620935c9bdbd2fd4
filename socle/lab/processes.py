"""The machines' processes, recognised by a mark in their environment.

Nothing is remembered in files: whoever asks reads the process table, so that a machine is found
after its starter, or its container manager, was killed; and a recycled process id fools nobody.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from socle.lab.errors import LabError

MARK = "SOCLE_LAB"

# What systemd, as PID 1 of a container, understands as "power off" (systemd(1), SIGNALS).
POWER_OFF = signal.SIGRTMIN + 4


@dataclass(frozen=True)
class Process:
    """A process of a lab. ``init``: it is PID 1 of its machine (else: the container manager)."""

    pid: int
    machine: str
    init: bool


def mark(tag: str, machine: str) -> str:
    """The value of ``MARK`` in the environment of a machine's processes."""
    return f"{tag}/{machine}"


def find(tag: str) -> list[Process]:
    """The processes of the lab with that tag, by pid."""
    pids = sorted(int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [process for pid in pids if (process := _read(pid, tag)) is not None]


def init_of(tag: str, machine: str) -> int | None:
    """The pid, on this computer, of the machine's PID 1."""
    return next((p.pid for p in find(tag) if p.init and p.machine == machine), None)


def end(tag: str, chosen: Callable[[Process], bool], gently_seconds: float = 0.0) -> None:
    """End the chosen processes of a lab and wait until they are gone.

    With ``gently_seconds`` each machine may first shut itself down for that long. Then its init
    is killed, which ends all that runs in it, and then what is left of its container manager.
    """
    if gently_seconds and _signal(tag, chosen, POWER_OFF, inits=True):
        _gone(tag, chosen, gently_seconds)
    _signal(tag, chosen, signal.SIGKILL, inits=True)
    if not _gone(tag, chosen, 3.0):
        _signal(tag, chosen, signal.SIGKILL, inits=False)
        if not _gone(tag, chosen, 5.0):
            left = ", ".join(f"{p.machine} ({p.pid})" for p in find(tag) if chosen(p))
            raise LabError(f"processes that do not end: {left}")


def kill(tag: str) -> None:
    """Kill all processes of a lab that has no containers, and wait until they are gone."""
    _signal(tag, lambda _: True, signal.SIGKILL, inits=False)
    if not _gone(tag, lambda _: True, 5.0):
        raise LabError(f"processes that do not end: {[p.pid for p in find(tag)]}")


def _read(pid: int, tag: str) -> Process | None:
    prefix = f"{MARK}={tag}/".encode()
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        ours = next((word for word in environment if word.startswith(prefix)), None)
        if ours is None:
            return None
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # it ended meanwhile, or the kernel keeps it to itself
        return None
    nested = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[1:]
    machine = ours.removeprefix(prefix).decode()
    return Process(pid, machine, init=len(nested) > 1 and nested[-1] == "1")


def _signal(tag: str, chosen: Callable[[Process], bool], number: int, *, inits: bool) -> int:
    """Signal the chosen inits, or the chosen others; return how many."""
    done = 0
    for process in find(tag):
        if process.init != inits or not chosen(process):
            continue
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(process.pid)
            try:
                # Read again now that the handle holds the process: the pid may have changed hands.
                if _read(process.pid, tag) == process:
                    signal.pidfd_send_signal(handle, number)
                    done += 1
            finally:
                os.close(handle)
    return done


def _gone(tag: str, chosen: Callable[[Process], bool], seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while any(chosen(process) for process in find(tag)):
        if time.monotonic() > limit:
            return False
        time.sleep(0.03)
    return True
