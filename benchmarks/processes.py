"""Which programs compute while a command runs: CPU seconds by program, here and in lab machines.

Usage, as root: .venv/bin/python benchmarks/processes.py COMMAND [WORD...]
For example: … .venv/bin/pytest -p no:xdist tests/lab/test_guard.py -m "not proof"

The kernel notes each process at its end (acct(2), version 3 of its records), in a PID namespace of
the command's own: whatever else this computer does is left out. What has not ended with the command
is not counted, and what takes less than a hundredth of a second may count as nothing.
"""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

RECORD = struct.Struct("<8x4x4x II I f HH 12x 16s")
"""Of struct acct_v3: pid, parent, begin, elapsed, user and system time, name."""
TICKS = 100
MACHINE = "systemd-nspawn"
"""The ancestor of all that runs in a machine of the lab."""
SHOWN = 30


@dataclass(frozen=True)
class Process:
    """One that has ended; times in seconds."""

    pid: int
    parent: int
    began: int
    elapsed: float
    cpu: float
    name: str


def main() -> None:
    """Run the command and print who has computed."""
    with tempfile.NamedTemporaryFile() as notes:
        own = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, __file__]
        environment = {**os.environ, "NOTES": notes.name}
        code = subprocess.run([*own, *sys.argv[1:]], check=False, env=environment).returncode
        ended = [process(fields) for fields in RECORD.iter_unpack(Path(notes.name).read_bytes())]
    seconds: Counter[tuple[str, str]] = Counter()
    number: Counter[tuple[str, str]] = Counter()
    known: dict[int, list[Process]] = {}
    for one in ended:
        known.setdefault(one.pid, []).append(one)
    for one in ended:
        key = ("machine" if in_machine(one, known) else "here", one.name)
        seconds[key] += one.cpu
        number[key] += 1
    print(f"{'CPU s':>8} {'runs':>7}         {sum(seconds.values()):.0f} CPU seconds in all")
    for (where, name), cpu in seconds.most_common(SHOWN):
        print(f"{cpu:8.1f} {number[where, name]:7} {where:7} {name}")
    sys.exit(code)


def inside(notes: str) -> int:
    """As the first process of the namespace: note whoever ends, until the command has."""
    switch = ctypes.CDLL(None, use_errno=True).acct
    if switch(notes.encode()) != 0:
        sys.exit(f"the kernel notes no processes: {os.strerror(ctypes.get_errno())}")
    run = subprocess.Popen(sys.argv[1:], env={k: v for k, v in os.environ.items() if k != "NOTES"})
    status = None
    while status is None:
        pid, ended = os.wait()  # orphans are this process's too
        status = ended if pid == run.pid else None
    time.sleep(1)  # what the command has stopped ends now
    switch(None)
    return os.waitstatus_to_exitcode(status)


def process(fields: tuple[int, int, int, float, int, int, bytes]) -> Process:
    """Of a record's fields."""
    pid, parent, began, elapsed, user, system, name = fields
    cpu = (whole(user) + whole(system)) / TICKS
    return Process(pid, parent, began, elapsed / TICKS, cpu, name.split(b"\0")[0].decode())


def whole(packed: int) -> int:
    """A comp_t: three bits of exponent, to the base 8, and thirteen of the number."""
    return (packed & 0x1FFF) << 3 * (packed >> 13)


def in_machine(one: Process, known: dict[int, list[Process]]) -> bool:
    """Whether an ancestor is a machine's nspawn. A number may have been used again."""
    found: Process | None = one
    while found is not None:
        if found.name == MACHINE:
            return found is not one
        child = found
        found = next((p for p in known.get(child.parent, ()) if p is not child
                      and p.began <= child.began + 1 <= p.began + p.elapsed + 2), None)  # fmt: skip
    return False


if __name__ == "__main__":
    if "NOTES" in os.environ:
        sys.exit(inside(os.environ["NOTES"]))
    main()
