"""Folders reached step by step: who may write in one of them leads root nowhere else."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from backup.errors import BackupError

OWN = (0, os.geteuid())  # whose links may lead to a target
MOST_LINKS = 40  # as in Linux
PLAIN = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A handle of the folder. ``BackupError`` at a link that is not root's, ``OSError``."""
    ahead, links = deque(path.absolute().parts), 0
    here = os.open("/", os.O_PATH | PLAIN)
    try:
        while ahead:
            step = _step(ahead.popleft(), here)
            found = os.fstat(step)
            if not stat.S_ISLNK(found.st_mode):
                os.close(here)  # no more than two at once, however deep it is
                here = step
                continue
            try:
                links += 1
                if found.st_uid not in OWN:
                    raise BackupError(f"a link on the way to {path} is not root's")
                if links > MOST_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                ahead.extendleft(reversed(Path(os.readlink("", dir_fd=step)).parts))
            finally:
                os.close(step)
        with inside(".", here) as handle:
            yield handle
    finally:
        os.close(here)


def _step(name: str, here: int) -> int:
    """A handle of the folder, or of the link itself. ``/`` is the same from everywhere."""
    try:
        return os.open(name, os.O_PATH | PLAIN, dir_fd=here)
    except NotADirectoryError:
        return os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)


@contextmanager
def inside(name: str, parent: int | None) -> Iterator[int]:
    """A handle of the folder of this name. ``OSError`` where it is none, or a link."""
    handle = enter(name, parent)
    try:
        yield handle
    finally:
        os.close(handle)


def enter(name: str, parent: int | None) -> int:
    """The same, for the caller to close."""
    return os.open(name, os.O_RDONLY | PLAIN, dir_fd=parent)


@contextmanager
def private(path: Path) -> Iterator[Path]:
    """A folder that only root enters, under a name that stays its own when it is moved.

    It is made where it is missing, and removed in the end; after an error only if it is empty.
    ``BackupError`` where it was there before and is not ours.
    """
    with opened(path.parent) as parent:
        with suppress(FileExistsError):
            os.mkdir(path.name, 0o700, dir_fd=parent)
        with inside(path.name, parent) as handle:
            found = os.fstat(handle)
            if found.st_uid not in OWN or found.st_mode & 0o077:
                raise BackupError(f"{path} is not ours: remove it")
            try:
                yield Path(f"/proc/{os.getpid()}/fd/{handle}")  # leads restic there too
                for one in os.listdir(handle):  # noqa: PTH208
                    remove(one, handle)
            finally:
                with suppress(OSError):
                    os.rmdir(path.name, dir_fd=parent)


def files(place: Path) -> Iterator[str]:
    """Every file below a folder, however deep (``os.walk`` and ``rglob`` call themselves)."""
    waiting = [str(place)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as listed:
                for one in listed:
                    if one.is_dir(follow_symlinks=False):
                        waiting.append(one.path)
                    elif one.is_file(follow_symlinks=False):
                        yield one.path
        except OSError:
            continue  # gone meanwhile, or deeper than a path can say


def replace(source: Path, name: str | Path, parent: int | None = None) -> None:
    """Put ``source``, of a folder of root's, in the place of what has the name, link or not."""
    if is_folder(name, parent) or is_folder(source):
        remove(name, parent)
    os.rename(source, name, dst_dir_fd=parent)


def remove(name: str | Path, parent: int | None = None) -> None:
    """Remove a folder with all that is in it, a file or a link, if there is one.

    However deep it is: ``shutil.rmtree`` calls itself, and opens one handle more, at each level.
    ``OSError`` where something stays, a mount for one.
    """
    if is_folder(name, parent):
        with inside(str(name), parent) as handle:
            # From within, so that the list of processes shows no name.
            place = f"/proc/{os.getpid()}/fd/{handle}"
            words = ["find", ".", "-xdev", "-mindepth", "1", "-delete"]
            subprocess.run(words, cwd=place, capture_output=True, check=False)
        os.rmdir(name, dir_fd=parent)
        return
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=parent)


def is_folder(name: str | Path, parent: int | None = None) -> bool:
    """Whether it is a folder, and no link to one."""
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False
