"""One file under thousands of names (hard links): restic reads it once for each.

Whoever may write can make sixty thousand in a second (``ln``). Where such names claim more together
than `_allowed`, the files that claim most of it keep one name each in the folders of every owner,
the same every night; their others are left out. So it is in folders of which restic would hold more
than `CROWDED` in memory. What the files hold is in the copy; the run is
incomplete then, and says whose they are. No folder is ever left out, however many patterns it
takes to tell names apart: it may hold somebody else's files.

A folder that keeps generations (rsnapshot) or a mailbox is copied with every name.
"""

from __future__ import annotations

import os
from bisect import bisect
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from backup import hollow

GENERATIONS = 30
"""Names may claim so many times what the folders hold: a month of rsnapshot's."""
CROWDED = 1 << 30
"""Bytes of names that restic may hold at once before each file there keeps one name: 900,000 in one
folder with a short path, 120,000 where it has 4,000 signs."""
_LEAST = hollow.ALLOWED >> 4  # bytes that names may claim in a small practice: some minutes
_LINE_END = "[^\x01-\t\v-\U0010ffff]"  # all signs but this one: it would end the pattern
_SIGNS = {one: f"\\{one}" for one in "*?[\\"} | {"$": "[$]", "\n": _LINE_END}


@dataclass
class Left:
    """Names that a copy leaves out, and hollow files.

    ``owners``: whose names -> how many, and the bytes that they claim. ``patterns``: restic's for
    ``paths``, those of both. It compares each with every path: a thousand, and a million files,
    take it a minute.
    """

    owners: dict[str, dict[str, int]] = field(default_factory=dict)
    patterns: list[str] = field(default_factory=list)
    paths: hollow.Paths = field(default_factory=hollow.Paths)


def leave(
    places: Sequence[str],
    excludes: Collection[str],
    sizes: hollow.Sizes,
    hollows: Collection[str] = (),
) -> Left:
    """What to leave out of a copy of ``places``, which have these sizes, besides ``hollows``."""
    left = Left(paths=hollow.Paths(hollows))
    least, limit = _least(sizes), sizes.limit()
    kept: set[tuple[int, int, int]] = set()
    needed = least is not None or sizes.holds > CROWDED
    for path, looks, holds in hollow.files(places, excludes) if needed else ():
        many = holds > CROWDED or (least is not None and hollow.repeated(looks) >= least)
        if looks.st_nlink == 1 or not many or looks.st_size > limit or path in hollows:
            continue
        file = (looks.st_dev, looks.st_ino, _whose(os.path.dirname(path)))  # noqa: PTH120
        if file in kept:
            owner = left.owners.setdefault(hollow.name(looks.st_uid), {"names": 0, "bytes": 0})
            owner["names"] += 1
            owner["bytes"] += looks.st_size
            left.paths.add(path)
        kept.add(file)
    left.patterns = _patterns(left.paths)
    return left


def in_words(owners: Mapping[str, Mapping[str, int]]) -> str:
    """What was left out, as a sentence; empty where nothing was."""
    whose = ", ".join(
        f"{one['names']} of {owner} ({one['bytes']} bytes)" for owner, one in owners.items()
    )
    return f"names left out, of files that have too many to read each: {whose}" if whose else ""


def _allowed(held: int) -> int:
    """Bytes that names beyond each file's first may claim, where files hold ``held``."""
    return max(_LEAST, min(hollow.ALLOWED, GENERATIONS * held))


def _least(sizes: hollow.Sizes) -> int | None:
    """Files whose other names claim so many bytes keep one name; None where all keep theirs."""
    claimed = 0
    for power, those in sorted(sizes.repeated.items()):
        claimed += those
        if claimed > _allowed(sizes.held):
            return 1 << (power - 1)
    return None


def _whose(folder: str) -> int:
    """The number of a folder's owner: no link elsewhere takes the place of the name in it."""
    try:
        return hollow.person(os.lstat(folder).st_uid)
    except OSError:  # gone meanwhile
        return -1


def _patterns(paths: hollow.Paths) -> list[str]:
    """Few patterns that fit these paths, and nothing else that is in their folders now."""
    found: set[str] = set()
    for folder, names in paths.folders.items():
        with suppress(OSError):  # gone meanwhile
            others = sorted(map(os.fsencode, set(os.listdir(folder or "/")) - names))  # noqa: PTH208
            found |= {f"{quoted(folder)}/{_beginning(os.fsencode(name), others)}" for name in names}
    return sorted(found)


def _beginning(name: bytes, others: Sequence[bytes]) -> str:
    """A pattern of the shortest beginning of a name that none of the others has.

    In bytes, as restic compares: one that is no UTF-8 may begin another's sign.
    """
    place = bisect(others, name)
    near = others[max(0, place - 1) : place + 1]
    shared = max((len(os.path.commonprefix([name, one])) for one in near), default=0)  # noqa: RUF071
    begins = quoted(os.fsdecode(name[: shared + 1]))
    return begins if shared == len(name) else f"{begins}*"


def quoted(text: str) -> str:
    """A pattern for this text alone, as restic reads it from a file of patterns.

    It fills in variables there, and drops blanks at a line's ends.
    """
    return "".join(_SIGNS.get(one) or (f"[{one}]" if one.isspace() else one) for one in text)
