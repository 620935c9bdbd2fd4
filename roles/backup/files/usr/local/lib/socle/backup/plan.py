"""What a restore brings back: counted beforehand, and cut into portions that can be resumed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backup import folders
from backup.errors import BackupError
from backup.restic import Restic

PORTION_BYTES = 1024**3
PORTION_PATHS = 100


@dataclass
class Portion:
    """Paths that one restic brings back."""

    paths: list[str] = field(default_factory=list)
    bytes: int = 0


@dataclass
class Plan:
    """``itself``: restic's node of the wanted folder. ``parents``: of those that lead to it."""

    portions: list[Portion]
    itself: dict[str, Any] | None
    parents: dict[str, dict[str, Any]]
    files: int
    bytes: int


def make(restic: Restic, snapshot: str, path: str) -> Plan:
    """The plan for ``path``. The names go through a pipe, never through an argument."""
    reader = Reader(path)
    restic.must("ls", "--json", "--no-lock", snapshot, watch=reader.heard, keep=False)
    return reader.plan()


class Reader:
    """Reads ``restic ls --json`` as it comes, and keeps no more than the first level."""

    def __init__(self, path: str) -> None:
        """``path``: what is wanted, normalised."""
        self.path = path
        self.inside = path.rstrip("/") + "/"
        self.itself: dict[str, Any] | None = {} if path == "/" else None
        self.children: dict[str, int] = {}
        self.parents: dict[str, dict[str, Any]] = {}
        self.files = self.bytes = 0

    def heard(self, node: dict[str, Any]) -> None:
        """One line of restic's."""
        if node.get("struct_type") != "node":
            return
        path, size = node["path"], node.get("size", 0)
        if self.path.startswith(f"{path}/"):
            self.parents[path] = node
        if path == self.path:
            self.itself = node
        elif path.startswith(self.inside):
            child = self.inside + path[len(self.inside) :].split("/")[0]
            self.children[child] = self.children.get(child, 0) + size
        else:
            return
        self.files += node["type"] == "file"
        self.bytes += size

    def plan(self) -> Plan:
        """What was heard, as a plan. ``BackupError`` where the path is not in the snapshot."""
        if self.itself is None:
            raise BackupError("the snapshot has no such path")
        parents = dict(sorted(self.parents.items()))
        if not self.children:
            whole = [Portion([self.path], self.bytes)]
            return Plan(whole, None, parents, self.files, self.bytes)
        portions = cut(sorted(self.children.items()))
        return Plan(portions, self.itself, parents, self.files, self.bytes)


def cut(sized: Iterable[tuple[str, int]]) -> list[Portion]:
    """Portions of about a gibibyte or a hundred paths, in the given order."""
    portions = [Portion()]
    for path, size in sized:
        last = portions[-1]
        if last.paths and (last.bytes >= PORTION_BYTES or len(last.paths) >= PORTION_PATHS):
            portions.append(last := Portion())
        last.paths.append(path)
        last.bytes += size
    return portions


def dress(plan: Plan, staged: Path, to: Path, spare: Path) -> None:
    """Give the folders above the portions their owner and mode: restic leaves them as it made them.

    ``staged``: where the wanted folder is now. The folders that lead to it are made below ``to``
    where they are missing; those that are there stay as they are. ``spare``: where each is made,
    beside ``staged``, so that nobody changes it for another before it is dressed.
    """
    for folder in (*reversed(to.parents), to):
        _make(folder, None, spare)
    for path, node in plan.parents.items():
        _make(Path(os.path.normpath(f"{to}/{path}")), node, spare)
    if plan.itself:
        _as(staged, plan.itself)


def _make(folder: Path, node: dict[str, Any] | None, spare: Path) -> None:
    if folder.exists():
        return
    spare.mkdir(exist_ok=True)
    if node:
        _as(spare, node)
    with folders.opened(folder.parent) as parent:
        os.rename(spare, folder.name, dst_dir_fd=parent)


def _as(folder: Path, node: dict[str, Any]) -> None:
    os.chown(folder, node["uid"], node["gid"])
    folder.chmod(unix_mode(node["mode"]))


def unix_mode(mode: int) -> int:
    """Permissions from Go's file mode, which keeps the special bits elsewhere."""
    special = ((1 << 23, 0o4000), (1 << 22, 0o2000), (1 << 20, 0o1000))
    return mode & 0o777 | sum(unix for go, unix in special if mode & go)
