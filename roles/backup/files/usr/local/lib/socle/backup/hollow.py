"""Files that claim terabytes and hold next to nothing: restic reads every byte that they claim.

Whoever may write can make one in a moment (``truncate -s 7T``); reading it takes days, and nothing
else of the machine is copied meanwhile. Where one person's claim more than `ALLOWED` together, that
person's largest are left out, each by its own name, never one that holds what it claims; the run is
incomplete then and says whose they are.
"""

from __future__ import annotations

import os
import pwd
import stat
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ALLOWED = 1 << 40
"""Bytes of nothing that one copy may read of each person: about an hour."""
RATIO = 100
"""A file that claims more than so many times what it holds is hollow."""
_NAME = 1 << 16  # bytes that restic reads in the time that a file's name takes it
_ENTRY = 1 << 10  # bytes that restic holds for a name in a folder that it reads, beside its path
_BLOCK = 512
SUBORDINATE = Path("/etc/subuid")
"""Numbers that a person may give files to, in a container of one's own: ``anna:100000:65536``."""


class Paths(Set[str]):
    """Paths by their folders: thousands in one folder keep its path, which may be long, once."""

    def __init__(self, paths: Iterable[str] = ()) -> None:
        """A set of these."""
        self.folders: dict[str, set[str]] = {}
        for one in paths:
            self.add(one)

    def add(self, path: str) -> None:
        """Have this one, too."""
        folder, _, name = path.rpartition("/")
        self.folders.setdefault(folder, set()).add(name)

    def __contains__(self, path: object) -> bool:
        """Whether it is in."""
        folder, _, name = str(path).rpartition("/")
        return name in self.folders.get(folder, ())

    def __iter__(self) -> Iterator[str]:
        """Each, whole."""
        return (f"{folder}/{one}" for folder, names in self.folders.items() for one in names)

    def __len__(self) -> int:
        """How many."""
        return sum(map(len, self.folders.values()))


@dataclass
class Sizes:
    """``full``: bytes of the largest file that holds what it claims. ``hollow``: of the others.

    ``over``: owner's number -> files that are larger than asked. ``held``: bytes that all others
    hold. ``holds``: what restic holds in memory at most, of names alone. ``claimed``: of all, once
    for each name. ``repeated``: of files with more than
    one name, by the power of two of what their other names claim (see ``names``): however many
    files there are, these are few numbers.
    """

    full: int = 0
    held: int = 0
    holds: int = 0
    claimed: int = 0
    hollow: list[tuple[int, int]] = field(default_factory=list)  # bytes, person's number
    repeated: Counter[int] = field(default_factory=Counter)
    over: Counter[int] = field(default_factory=Counter)

    def limit(self) -> int:
        """Bytes; what is larger is left out, whosever it is."""
        return max(self.full, ALLOWED)

    def limits(self) -> dict[int, int]:
        """Person's number -> bytes; hollow files of that person that are larger are left out."""
        found: dict[int, int] = {}
        claimed: Counter[int] = Counter()
        for size, owner in sorted(self.hollow):
            claimed[owner] += size
            if claimed[owner] > ALLOWED:
                found.setdefault(owner, size - 1)
        return found


@dataclass
class Left:
    """Hollow files that a copy leaves out.

    ``owners``: person's number -> how many. ``claimed``: their bytes. ``paths``: of those that
    `Sizes.limit` does not leave out.
    """

    owners: Counter[int] = field(default_factory=Counter)
    claimed: int = 0
    paths: Paths = field(default_factory=Paths)


def look(places: Sequence[str], excludes: Collection[str], over: int = sys.maxsize) -> Sizes:
    """Sizes of all files below ``places``; what a whole path excludes is not looked at."""
    found = Sizes()
    for path, looks, holds in files(places, excludes):
        found.holds = max(found.holds, holds)
        if looks.st_size > over:
            found.over[person(looks.st_uid)] += 1
        found.claimed += looks.st_size
        held = _held(path, looks)
        if _is_hollow(looks, held):
            found.hollow.append((looks.st_size, person(looks.st_uid)))
        else:
            found.full = max(found.full, looks.st_size)
            found.held += held // max(looks.st_nlink, 1)
        if looks.st_nlink > 1:
            found.repeated[repeated(looks).bit_length()] += repeated(looks) // looks.st_nlink
    return found


def repeated(looks: os.stat_result) -> int:
    """Bytes that a file claims by its names beyond the first."""
    return (looks.st_nlink - 1) * (looks.st_size + _NAME)


def leave(places: Sequence[str], excludes: Collection[str], sizes: Sizes) -> Left:
    """What to leave out of a copy of ``places``, which have these sizes."""
    left, limits = Left(), sizes.limits()
    for path, looks, _ in files(places, excludes) if limits else ():
        owner = person(looks.st_uid)
        if looks.st_size <= limits.get(owner, sys.maxsize):
            continue
        if _is_hollow(looks, _held(path, looks)):
            left.owners[owner] += 1
            left.claimed += looks.st_size
            if looks.st_size <= sizes.limit():
                left.paths.add(path)
    return left


def left_out(left: Left, after: Sizes) -> dict[str, int]:
    """Person -> files that a copy left out, ``after``: as it ended. Never a file's name."""
    return {name(owner): count for owner, count in sorted((left.owners | after.over).items())}


def in_words(owners: Mapping[str, int]) -> str:
    """What was left out, as a sentence; empty where nothing was."""
    whose = ", ".join(f"{count} of {owner}" for owner, count in owners.items())
    return f"files left out, larger than a copy can read: {whose}" if whose else ""


def files(
    places: Sequence[str], excludes: Collection[str]
) -> Iterator[tuple[str, os.stat_result, int]]:
    """Every regular file below ``places``, once, in the alphabet's order.

    With each the bytes that restic holds when it reads the file: of all names in its folder, and in
    those above. We hold these names, too, but no whole path of them.
    """
    within = [o.rstrip("/") + "/" for o in places]
    apart = [o for o in places if not any(o.startswith(w) and o != w for w in within)]
    levels = [("", apart, 0)]
    while levels:
        folder, names, holds = levels[-1]
        if not names:
            levels.pop()
            continue
        path = folder + names.pop()
        if path in excludes:
            continue
        try:
            looks = os.lstat(path)
            if stat.S_ISDIR(looks.st_mode):
                listed = sorted(os.listdir(path), reverse=True)  # noqa: PTH208
                each = _ENTRY + 2 * len(os.fsencode(path))
                levels.append((f"{path.rstrip('/')}/", listed, holds + len(listed) * each))
        except OSError:
            continue  # restic says what cannot be read
        if stat.S_ISREG(looks.st_mode):
            yield path, looks, holds


def _is_hollow(looks: os.stat_result, held: int) -> bool:
    return looks.st_size > max(_NAME, RATIO * held)


def _held(path: str, looks: os.stat_result) -> int:
    """Bytes that a file holds: fewer than it claims only where its file system shows a hole."""
    told = _BLOCK * looks.st_blocks
    return told if told < looks.st_size and _has_hole(path, looks.st_size) else looks.st_size


def _has_hole(path: str, size: int) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # A file system that tells no blocks, or no holes, has one at the end alone.
        return os.lseek(handle, 0, os.SEEK_HOLE) < size
    except OSError:
        return False
    finally:
        os.close(handle)


def name(owner: int) -> str:
    """The account of this number."""
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return str(owner)


def person(owner: int) -> int:
    """The number of who made the files of this one: an account may have thousands of others."""
    return next((who for who, numbers in _subordinate() if owner in numbers), owner)


@cache
def _subordinate() -> list[tuple[int, range]]:
    found = []
    with suppress(OSError):
        for line in SUBORDINATE.read_text(errors="replace").splitlines():
            with suppress(ValueError, KeyError):
                who, first, count = line.split(":")
                number = int(who) if who.isdigit() else pwd.getpwnam(who).pw_uid
                found.append((number, range(int(first), int(first) + int(count))))
    return found
