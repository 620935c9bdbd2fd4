"""Counts DICOM files by their magic bytes, never by name; runs on a managed host.

Arguments: folders to look in, ``--``, folders to leave out. Prints the count, the folders in which
something was found (or ``-``), and ``all``, or ``part`` where the time was not enough. Whoever owns
a folder may put a link in its place meanwhile: folders are held open, and no link is followed.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from pathlib import Path

SECONDS = 20
_PREAMBLE = 128


def is_dicom(name: str, folder: int | None = None) -> bool:
    """Whether a file (of an open ``folder``) has ``DICM`` behind the preamble (PS3.10, 7.1)."""
    try:
        if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            return False
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return False
    try:
        return os.pread(handle, 4, _PREAMBLE) == b"DICM"
    except OSError:
        return False
    finally:
        os.close(handle)


def count(places: list[str], left_out: list[str], limit: float) -> tuple[dict[str, int], bool]:
    """Folder -> how many DICOM files; False where ``limit`` (monotonic time) came first."""
    found: dict[str, int] = {}
    too_deep: list[OSError] = []

    def unread(error: OSError) -> None:
        if error.errno in {errno.EMFILE, errno.ENAMETOOLONG}:
            too_deep.append(error)

    for place in places:
        for folder, below, names, handle in os.fwalk(place, onerror=unread):
            below[:] = [one for one in below if str(Path(folder, one)) not in left_out]
            for name in names:
                if time.monotonic() > limit:
                    return found, False
                if is_dicom(name, handle):
                    found[place] = found.get(place, 0) + 1
    return found, not too_deep


if __name__ == "__main__":
    at = sys.argv.index("--")
    seen, whole = count(sys.argv[1:at], sys.argv[at + 1 :], time.monotonic() + SECONDS)
    words = (str(sum(seen.values())), ",".join(sorted(seen)) or "-", "all" if whole else "part")
    sys.stdout.write(f"{' '.join(words)}\n")
