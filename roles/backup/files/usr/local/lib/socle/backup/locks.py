"""Never two at once: a lock that lives as long as the work, also as an orphan's."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from backup import paths, state
from backup.errors import Busy

NAME = "work.lock"
LOOK = 5.0
"""Seconds that work waits: somebody's ``status --try-delete`` is over by then."""


@contextmanager
def alone(work: str, patience: float = LOOK) -> Iterator[None]:
    """Hold the host's one lock while ``work`` runs. ``Busy`` says who has it and since when.

    ``patience``: seconds to wait for it.

    The programs that the work starts inherit the lock: while a killed run's restic still goes on,
    nobody else begins.
    """
    handle = os.open(state.folder(paths.RUNTIME) / NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _taken(handle, patience):
            holder = os.pread(handle, 200, 0).decode(errors="replace").strip()
            raise Busy(f"not started: {holder or 'another backup'} is running")
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{work} (pid {os.getpid()}, since {state.stamp()})".encode(), 0)
        os.set_inheritable(handle, True)
        _held.append(handle)
        yield
    finally:
        if handle in _held:
            _held.remove(handle)
        os.close(handle)


def held() -> tuple[int, ...]:
    """The descriptors that the work's programs must inherit."""
    return tuple(_held)


def busy() -> bool:
    """Whether some work is running on this host now."""
    try:
        handle = os.open(paths.RUNTIME / NAME, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _taken(handle: int, patience: float) -> bool:
    """Whether the lock is ours now. ``busy`` elsewhere holds it for an instant: ask again."""
    limit = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > limit:
                return False
            time.sleep(0.2)
        else:
            return True


_held: list[int] = []
