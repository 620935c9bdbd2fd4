"""How far a restore is: what restic says, or, where it says nothing, what is on the disk."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from backup import folders

EVERY = 2.0
"""Seconds between two messages."""


class Meter:
    """Tells the progress while it is entered."""

    def __init__(
        self, folder: Path, total: int, before: int, tell: Callable[[dict[str, Any]], None]
    ) -> None:
        """``folder``: where files appear. ``before``: bytes restored by earlier runs."""
        self.folder, self.total, self.before, self.tell = folder, total, before, tell
        self.whole, self.said = before, 0
        self.began = time.monotonic()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Meter:
        """Begin to tell."""
        self.thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop telling."""
        self.over.set()
        self.thread.join()

    def heard(self, message: dict[str, Any]) -> None:
        """A line of restic's (0.16 and newer)."""
        self.said = max(self.said, message.get("bytes_restored", 0))

    def finished(self, count: int) -> None:
        """A portion of ``count`` bytes is whole."""
        self.whole, self.said = self.whole + count, 0

    def _watch(self) -> None:
        pause = EVERY
        while not self.over.wait(pause):
            asked = time.monotonic()
            there = max(self.whole + self.said, on_disk(self.folder))
            pause = max(EVERY, 10 * (time.monotonic() - asked))
            self.tell(message(min(there, self.total), self.total, self.before, self._seconds()))

    def _seconds(self) -> float:
        return time.monotonic() - self.began


def message(there: int, total: int, before: int, seconds: float) -> dict[str, Any]:
    """A progress message; the rate counts only what this run brought."""
    rate = (there - before) / seconds if seconds > 0 else 0
    return {
        "message": "progress",
        "bytes": there,
        "total": total,
        "percent": round(100 * there / total, 1) if total else 100.0,
        "seconds": round(seconds, 1),
        "eta_seconds": round((total - there) / rate) if rate > 0 else None,
    }


def on_disk(folder: Path) -> int:
    """Bytes that are allocated below a folder."""
    count = 0
    for file in folders.files(folder):
        with suppress(OSError):
            found = os.lstat(file)
            count += min(found.st_size, found.st_blocks * 512)
    return count
