"""One at a time in a folder, between processes and threads."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait for whoever else changes files of ``folder``, and keep the others waiting.

    The lock is on the folder itself: no file is left behind, and the kernel lets it go however
    its holder ends. Where the file system knows no such locks (some network shares) nobody waits.
    Raises OSError where there is no such folder.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        with suppress(OSError):  # under gevent (pyinfra) a folder is closed later than this
            fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)
