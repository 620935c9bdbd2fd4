"""One at a time: a lock on a file, which the kernel lets go however its holder ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from socle.lab.errors import LabError


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock ``file`` (made if missing), after waiting for whoever holds it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        stream = file.open("w")
    except OSError as error:
        raise LabError(f"lock {file}: {error}") from error
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
