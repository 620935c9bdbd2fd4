"""Files that are whole or not there: what evidence is written with."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from socle import harmless


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` in one step, readable by its owner alone.

    Raises OSError; then what stood at ``path`` still does.
    """
    half = _written_beside(path, content)
    try:
        half.replace(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def add(path: Path, content: bytes) -> None:
    """Like :func:`replace`, but never over another file: then FileExistsError."""
    half = _written_beside(path, content)
    try:
        os.link(half, path)
    finally:
        half.unlink()


def printable(text: str) -> str:
    """A name or a text of somebody else, on one line and without a terminal's control codes."""
    return harmless.line(text)


def _written_beside(path: Path, content: bytes) -> Path:
    """A hidden file in the same folder, complete and on the disk."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    half = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    return half
