"""A control group of its own for each machine, where this computer's PID 1 is not systemd.

Two systemd in one group would take each other's services for their own: stopping ``ssh`` in one
machine would stop it in all. Where systemd runs the computer, a scope does the same.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from socle.lab.errors import LabError

REMOVE_SECONDS = 5.0


def folders(tag: str, machine: str, mounts: str | None = None) -> list[Path]:
    """The machine's group in each hierarchy that systemd uses to follow processes."""
    text = Path("/proc/self/mounts").read_text() if mounts is None else mounts
    return [hierarchy / f"socle-lab-{tag}-{machine}" for hierarchy in _hierarchies(text)]


def remove(tag: str) -> None:
    """Remove the groups of a lab, whose processes have been ended.

    ``LabError`` when one is still in use after ``REMOVE_SECONDS``.
    """
    hierarchies = _hierarchies(Path("/proc/self/mounts").read_text())
    limit = time.monotonic() + REMOVE_SECONDS
    while left := [group for h in hierarchies for group in h.glob(f"socle-lab-{tag}-*")]:
        for group in left:
            for folder, _, _ in os.walk(group, topdown=False):
                with suppress(
                    OSError
                ):  # the last processes of a killed machine may still be ending
                    Path(folder).rmdir()
        if time.monotonic() > limit:
            raise LabError(f"control groups still in use: {', '.join(map(str, left))}")
        time.sleep(0.02)


def _hierarchies(mounts: str) -> list[Path]:
    found = []
    for line in mounts.splitlines():
        _, point, kind, options = line.split()[:4]
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            found.append(Path(point))
    return found
