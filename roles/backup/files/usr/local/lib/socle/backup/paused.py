"""A program that never lets go of its file stands still while the file is copied."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from backup.errors import BackupError

LONGEST = 120
"""Seconds after which systemd lets the program go on, whatever became of this one."""
STOPS_WITHIN = 5.0
FLOCK = "hhqqi"
"""``struct flock`` of Linux: type, whence, start, length, process."""


def holder(path: Path) -> int:
    """The process of this host whose lock keeps others from writing the file; 0 if none does."""
    with path.open("rb") as file:
        asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, *_, process = struct.unpack(FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))
    return 0 if kind == fcntl.F_UNLCK or process <= 1 else process


@contextmanager
def paused(process: int) -> Iterator[None]:
    """The process stands still; ``BackupError`` if it did not do so all the time.

    What is on the disk meanwhile is what a power cut would leave, whole or to be recovered
    by the program's own means. Killed in between, the way back is systemd's.
    """
    way_back = f"socle-backup-resume-{process}-{os.getpid()}"  # a killed run's may still wait
    _arm(way_back, process)
    try:
        os.kill(process, signal.SIGSTOP)
        _wait(process)
        yield
        if not _stands_still(process):
            raise BackupError(f"its program went on before it was copied, within {LONGEST} s")
    finally:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)
        subprocess.run(["systemctl", "stop", f"{way_back}.timer"], capture_output=True, check=False)


def _arm(unit: str, process: int) -> None:
    words = [f"--on-active={LONGEST}", "--timer-property=AccuracySec=1s", f"--unit={unit}"]
    done = subprocess.run(
        ["systemd-run", "--quiet", "--collect", *words, "kill", "-CONT", str(process)],
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise BackupError("its program holds it, and cannot be paused safely (systemd-run failed)")


def _wait(process: int) -> None:
    end = time.monotonic() + STOPS_WITHIN
    while not _stands_still(process):
        if time.monotonic() > end:
            raise BackupError(f"its program holds it, and did not stand still in {STOPS_WITHIN} s")
        time.sleep(0.01)


def _stands_still(process: int) -> bool:
    """Whether every thread is stopped (state ``T``, third word of ``/proc/…/stat``)."""
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
        states = [(one / "stat").read_text().rpartition(")")[2].split()[0] for one in threads]
    except OSError:
        return False
    return bool(states) and set(states) == {"T"}
