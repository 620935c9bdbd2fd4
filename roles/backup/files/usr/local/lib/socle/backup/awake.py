"""The work keeps the computer awake, and stays out of the way of who works on it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

NICE = 10


@contextmanager
def awake(why: str) -> Iterator[None]:
    """No sleep while the work lasts. The inhibitor ends with this program, however that ends."""
    words = ["--what=sleep:idle", "--who=Socle", f"--why={why}", "--mode=block"]
    try:
        holder = subprocess.Popen(
            ["systemd-inhibit", *words, "cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        yield
        return
    try:
        yield
    finally:
        assert holder.stdin  # noqa: S101
        with suppress(BrokenPipeError):
            holder.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            holder.wait(5)


def politely() -> None:
    """Lower this program's share of processor and disk, and its children's."""
    if os.getpriority(os.PRIO_PROCESS, 0) < NICE:  # its service begins lower, and may not ask
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    with suppress(FileNotFoundError):
        subprocess.run(
            ["ionice", "-c", "2", "-n", "7", "-p", str(os.getpid())],
            capture_output=True,
            check=False,
        )
