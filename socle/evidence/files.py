"""Files that are whole or not there: what evidence is written with."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from socle.errors import SocleError

_PIECE = 1 << 20  # bytes
DEEPEST = 32
"""How many folders within each other are searched; a practice's evidence needs two or three."""


def read(path: Path, most: int) -> bytes:
    """The content of a file of somebody else: at most ``most`` bytes, and never through a link.

    Raises SocleError: it is larger, or no plain file. Raises OSError.
    """
    with _opened(path, most) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise _too_large(path, most)
    return content


def measure(path: Path, most: int) -> tuple[int, str]:
    """The size in bytes and the SHA-256 of a file of somebody else, bounded as by :func:`read`."""
    with _opened(path, most) as file:
        digest, size = hashlib.sha256(), 0
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > most:  # it grows while it is read
                raise _too_large(path, most)
            digest.update(piece)
    return size, digest.hexdigest()


def below(folder: Path) -> tuple[list[Path], dict[Path, str]]:
    """What is no folder in a folder that others fill, and below, sorted; links are not followed.

    Also the folders that were not searched, each with the reason: nobody's hide anybody else's.
    """
    found: list[Path] = []
    unsearched: dict[Path, str] = {}
    waiting = [(folder, 0)]
    while waiting:
        place, depth = waiting.pop()
        if depth > DEEPEST:
            unsearched[place] = f"it lies in more than {DEEPEST} folders: not searched"
            continue
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    path = place / entry.name
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((path, depth + 1))
                    else:
                        found.append(path)
        except OSError as error:
            unsearched[place] = f"it cannot be searched: {error.strerror}"
    return sorted(found), unsearched


@contextmanager
def _opened(path: Path, most: int) -> Iterator[BinaryIO]:
    if path.is_symlink():
        raise SocleError(f"{path}: it is a link: expected the file itself")
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # a pipe keeps nobody
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise SocleError(f"{path}: expected a plain file")
        if found.st_size > most:  # a sparse file costs nothing to make, and days to read
            raise _too_large(path, most)
        yield file


def _too_large(path: Path, most: int) -> SocleError:
    return SocleError(f"{path}: it is larger than {most} bytes")


def own_folder(folder: Path) -> None:
    """Make ``folder`` for its owner alone, or see that only the owner can write there.

    Raises SocleError: somebody else could put files there. Raises OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise SocleError(f"{folder}: expected a folder that you alone can write: chmod 700")


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


def try_place(path: Path, *, stream: bool = False) -> None:
    """See that a file could be put at ``path``, before the work that it will tell of.

    Its folder is made. ``stream``: a terminal or a pipe will do. Raises SocleError: no file can be
    written there, or something else than a plain file has the name.
    """
    try:
        if path.is_dir():
            raise SocleError(f"{path}: expected a name for a file, this is a folder")
        if path.exists() and not path.is_file():
            if stream:
                return
            raise SocleError(f"{path}: expected a plain file, or a new name")
        path.parent.mkdir(parents=True, exist_ok=True)
        _written_beside(path, b"\n").unlink()  # a full disk takes no byte
    except FileExistsError:
        raise SocleError(f"{path}: expected a folder for it, {path.parent} is none") from None
    except OSError as error:
        raise SocleError(f"{path}: {error.strerror}") from None


def put(path: Path, content: bytes) -> None:
    """Like :func:`replace`, for a name that somebody typed: its folder is made.

    Raises SocleError: no file can be written there; then what stood there still does.
    """
    try_place(path)
    try:
        replace(path, content)
    except OSError as error:
        raise SocleError(f"{path}: {error.strerror}") from None


def add(path: Path, content: bytes) -> None:
    """Like :func:`replace`, but never over another file: then FileExistsError."""
    half = _written_beside(path, content)
    try:
        os.link(half, path)
    finally:
        half.unlink()


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
