"""What ``blockdevices.sh`` printed, as devices, mounts and tables. Pure: no host."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from socle.machine.sections import split

_DM_LINE = re.compile(r"(.+?): \d+ \d+ (\S+) ?(.*)")
_OCTAL = re.compile(r"\\(\d{3})")
RANDOM = ("/dev/urandom", "/dev/random", "/dev/hwrng")


@dataclass(frozen=True)
class Device:
    """A block device as lsblk lists it; ``size`` in bytes."""

    kname: str
    name: str
    path: str
    number: str
    type: str
    fstype: str
    uuid: str
    parttype: str
    size: int
    pluggable: bool  # USB or removable medium
    parents: tuple[str, ...] = ()
    has_children: bool = False


@dataclass(frozen=True)
class Mount:
    """A mounted file system; ``used`` in bytes, None where nobody could say."""

    target: str
    source: str
    fstype: str
    number: str
    options: Mapping[str, str]
    used: int | None

    def holds(self, path: str) -> bool:
        """Whether ``path`` lies below this mount's target."""
        return path == self.target or path.startswith(self.target.rstrip("/") + "/")


@dataclass(frozen=True)
class Dataset:
    """A ZFS file system or volume; ``referenced`` in bytes."""

    name: str
    encryption: str
    idle: bool  # a file system that is not mounted
    referenced: int


@dataclass(frozen=True)
class Printed:
    """The sections of one answer of ``blockdevices.sh``."""

    sections: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Printed:
        """Split an answer. Raises ValueError where it ends too early."""
        return cls(split(text, "block devices"))

    def rows(self, name: str) -> Iterator[list[str]]:
        """The words of each line of a section."""
        return (line.split() for line in self.sections.get(name, "").splitlines() if line.strip())

    def word(self, name: str) -> str:
        """The only word of a section; empty if there is none."""
        return self.sections.get(name, "").strip()

    @cached_property
    def devices(self) -> dict[str, Device]:
        """Every device by its kernel name."""
        found: dict[str, Device] = {}
        for row, parent, children in _walk(self._json("lsblk", "blockdevices"), None):
            known = found.get(row["kname"])
            above = known.parents if known else ()
            if parent is not None and parent not in above:
                above = (*above, parent)
            below = children or (known is not None and known.has_children)
            found[row["kname"]] = _device(row, above, below)
        return found

    @cached_property
    def mounts(self) -> list[Mount]:
        """Every mount that is not hidden by a later one at the same place."""
        mounts = (_mount(row) for row in self._json("findmnt", "filesystems"))
        return list({mount.target: mount for mount in mounts}.values())

    @cached_property
    def tables(self) -> dict[str, list[tuple[str, str]]]:
        """The device-mapper's own answer: name -> (target, arguments) of each segment."""
        tables: dict[str, list[tuple[str, str]]] = {}
        for line in self.sections.get("dmsetup", "").splitlines():
            found = _DM_LINE.fullmatch(line.strip())
            if found:
                tables.setdefault(found[1], []).append((found[2], found[3]))
        return tables

    @cached_property
    def swaps(self) -> list[tuple[str, int]]:
        """Swap spaces in use: (path, bytes)."""
        rows = [row for row in self.rows("swaps") if row[0] != "Filename"]
        return [(_plain(row[0]), int(row[2]) * 1024) for row in rows]

    @cached_property
    def files_of_loops(self) -> dict[str, str]:
        """Loop device (kernel name) -> the file behind it."""
        return {
            row["name"].removeprefix("/dev/"): str(row["back-file"]).removesuffix(" (deleted)")
            for row in self._json("losetup", "loopdevices")
        }

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        """ZFS datasets by name."""
        return {
            name: Dataset(name, encryption, mounted == "no", int(referenced))
            for name, encryption, mounted, referenced in self.rows("zfs")
        }

    @cached_property
    def pools(self) -> dict[str, list[str]]:
        """ZFS pool -> paths of the disks, partitions or files below it."""
        pools: dict[str, list[str]] = {}
        members: list[str] = []
        for name, *_ in self.rows("zpool"):
            if name in self.datasets:
                members = pools.setdefault(name, [])
            elif name.startswith("/"):
                members.append(name)
        return pools

    @cached_property
    def random_keys(self) -> set[str]:
        """Names in crypttab whose key is another one at every start."""
        return {row[0] for row in self.rows("crypttab") if len(row) > 2 and row[2] in RANDOM}  # noqa: PLR2004

    def _json(self, name: str, key: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.word(name) or "{}").get(key) or []
        if not rows and name != "losetup":  # every machine has disks and mounts
            raise ValueError(f"{name} printed nothing")
        return rows


def _walk(
    rows: list[dict[str, Any]], parent: str | None
) -> Iterator[tuple[dict[str, Any], str | None, bool]]:
    """Rows of lsblk's tree with the kernel name of the row above and whether any are below."""
    for row in rows:
        children = row.get("children") or []
        yield row, parent, bool(children)
        yield from _walk(children, row["kname"])


def _device(row: Mapping[str, Any], parents: tuple[str, ...], has_children: bool) -> Device:
    return Device(
        kname=row["kname"],
        name=row["name"],
        path=row["path"],
        number=row["maj:min"].strip(),
        type=row["type"],
        fstype=row.get("fstype") or "",
        uuid=row.get("uuid") or "",
        parttype=(row.get("parttype") or "").lower(),
        size=int(row["size"] or 0),
        pluggable=row.get("rm") in (True, "1") or row.get("tran") == "usb",
        parents=parents,
        has_children=has_children,
    )


def _mount(row: Mapping[str, Any]) -> Mount:
    pairs = (option.partition("=") for option in (row["options"] or "").split(","))
    used = row.get("used")
    return Mount(
        target=row["target"],
        source=(row["source"] or "").partition("[")[0],
        fstype=row["fstype"],
        number=row["maj:min"].strip(),
        options={name: value for name, _, value in pairs},
        used=None if used is None else int(used),
    )


def _plain(path: str) -> str:
    """A path of /proc without its octal escapes."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), path)
