"""``socle-backup restore``: a file, a folder or everything back, with progress; resumes.

Files are restored into a hidden folder beside their place, in portions, and moved into place when
all are there. Interrupted (power cut, cut network, Ctrl-C), the same command goes on after the last
whole portion. With ``--json`` each line is one of::

    {"message": "plan", "snapshot": "…", "time": "…Z", "files": 165, "bytes": 4121381,
     "target": "/restored/srv/images", "resumed_portions": 2, "portions": 9}
    {"message": "progress", "bytes": 1200, "total": 4121381, "percent": 0.1, "seconds": 3.0,
     "eta_seconds": 9000}
    {"message": "done", "files": 165, "bytes": 4121381, "seconds": 12.5, "target": "…"}

restic before 0.17 says nothing while it restores: there, progress is what is on the disk so far.
"""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backup import disks, folders, offline, patterns, plan, snapshots, state
from backup.config import Config, Secrets
from backup.errors import BackupError
from backup.plan import Plan
from backup.progress import Meter
from backup.restic import Restic, open_repository, version

STAGING = ".socle-restore-"
_UNTOLD = "\ufffd"  # what stands in JSON for bytes that are no text
Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Wish:
    """What to restore: ``path`` of a ``snapshot`` (id or ``latest``) to below ``to``."""

    repository: str
    snapshot: str
    path: str
    to: Path
    in_place: bool = False
    host: str = ""

    @property
    def target(self) -> Path:
        """Where ``path`` comes to be."""
        return Path(os.path.normpath(f"{self.to}/{self.path}"))


def restore(config: Config, secrets: Secrets, wish: Wish, tell: Tell) -> None:
    """Bring a path back. ``BackupError`` where something is in the way, or the disk has no room."""
    with opened(config, secrets, wish) as restic:
        _restore(restic, replace(wish, path=os.path.normpath(wish.path)), tell)


@contextmanager
def opened(config: Config, secrets: Secrets, wish: Wish) -> Iterator[Restic]:
    """The repository; an offline disk is unlocked meanwhile. ``host``: whose part of the disk."""
    known = {one.name: one for one in config.repositories}
    if wish.repository not in known:
        config.online((wish.repository,))  # says which there are
    declared = known[wish.repository]
    if declared.kind != "disk":
        yield open_repository(declared, secrets.password(declared.name))
        return
    disks.identify(declared)
    host = wish.host or config.host
    try:
        with disks.mounted(declared, secrets.key(declared.name)) as folder:
            password = offline.copy_password(config, secrets, declared, host)
            yield Restic(str(folder / "socle" / host), password)
    finally:
        disks.close(declared)


def _restore(restic: Restic, wish: Wish, tell: Tell) -> None:
    began = time.monotonic()
    target = wish.target
    refuse_foreign(target)
    chosen = _snapshot(restic, wish.snapshot)
    if _occupied(target) and not wish.in_place:
        raise BackupError(f"{target} is not empty: restore elsewhere, or say --in-place")
    wanted = plan.make(restic, chosen["id"], wish.path)
    with folders.private(_staging(wish, chosen["id"])) as staging:
        done = state.read(staging / "done.json", [])
        _room(staging, wanted, done)
        tell(_planned(wanted, chosen, target, done))
        _fetch(restic, chosen["id"], wanted, Staged(staging, done, tell))
        source = staging / "files" / wish.path.lstrip("/")
        plan.dress(wanted, source, wish.to, staging / "folder")
        if stay := _move(source, target):
            raise BackupError(
                f"{stay} files or folders could not be put in place; all others are. They are in "
                f"{_staging(wish, chosen['id'])}; the same command tries again"
            )
    last = {"message": "done", "files": wanted.files, "bytes": wanted.bytes}
    tell(last | {"seconds": round(time.monotonic() - began, 1), "target": str(target)})


def refuse_foreign(place: Path) -> None:
    """``BackupError`` early, where somebody who is not root leads root elsewhere."""
    for one in (place, *place.parents):
        if one.is_symlink() and one.lstat().st_uid not in folders.OWN:
            raise BackupError(f"{one} is somebody's link: restore elsewhere, with --to")


def _snapshot(restic: Restic, wanted: str) -> dict[str, Any]:
    listed = snapshots.real(restic.snapshots())
    if not listed:
        raise BackupError("there is no snapshot in this repository")
    if wanted == "latest":
        return listed[-1]
    found = [one for one in listed if one["id"].startswith(wanted)]
    if len(found) != 1:
        raise BackupError(f"no snapshot {wanted} in this repository")
    return found[0]


def _staging(wish: Wish, snapshot: str) -> Path:
    """On the file system of the target, the same for the same wish."""
    place = wish.target.parent
    while not place.is_dir():
        place = place.parent
    words = "\0".join((wish.repository, wish.host, snapshot, str(wish.target)))
    return place / f"{STAGING}{hashlib.sha256(words.encode()).hexdigest()[:12]}"


def _occupied(target: Path) -> bool:
    if target.is_dir() and not target.is_symlink():
        ours = [one for one in target.iterdir() if not one.name.startswith(STAGING)]
        return bool(ours)
    return os.path.lexists(target)


def _room(staging: Path, wanted: Plan, done: list[int]) -> None:
    left = sum(one.bytes for number, one in enumerate(wanted.portions) if number not in done)
    free = shutil.disk_usage(staging).free
    if left > free:
        raise BackupError(f"not enough room: {left} bytes to restore, {free} bytes free")


def _planned(wanted: Plan, chosen: dict[str, Any], target: Path, done: list[int]) -> dict[str, Any]:
    return {
        "message": "plan",
        "snapshot": chosen["id"][:8],
        "time": state.stamp(state.moment(chosen["time"])),
        "files": wanted.files,
        "bytes": wanted.bytes,
        "target": str(target),
        "resumed_portions": len(done),
        "portions": len(wanted.portions),
    }


@dataclass
class Staged:
    """A restore under way: its folder, the numbers of its finished portions, who hears of it."""

    folder: Path
    done: list[int]
    tell: Tell


def _fetch(restic: Restic, snapshot: str, wanted: Plan, staged: Staged) -> None:
    """Each portion comes into a folder of its own, and from there to the others when it is whole.

    Old restics stumble over symbolic links that are there already, and their patterns may bring
    neighbours along.
    """
    files, part = staged.folder / "files", staged.folder / "portion"
    before = sum(wanted.portions[number].bytes for number in staged.done)
    how = ["restore", "--json", snapshot, "--no-lock", "--target", str(part)]
    goes_on = version() >= patterns.FROM_FILE
    if goes_on:
        how += ["--overwrite", "if-changed"]
    with Meter(staged.folder, wanted.bytes, before, staged.tell) as meter:
        for number, portion in enumerate(wanted.portions):
            if number in staged.done:
                continue
            if not goes_on:
                folders.remove(part)
            state.folder(part)
            words, listing = patterns.words(portion.paths, "/", version())
            restic.must(*how, *words, patterns=listing, watch=meter.heard, keep=False)
            _gather(part, files, portion.paths)
            staged.done.append(number)
            state.write(staged.folder / "done.json", staged.done)
            folders.remove(part)
            meter.finished(portion.bytes)


def _gather(part: Path, files: Path, paths: Sequence[str]) -> None:
    """Move what restic brought of these, all of one folder, to what it brought before.

    As it is called on the disk: a name that is no UTF-8, restic tells with other signs.
    """
    folder = os.path.dirname(paths[0]).lstrip("/")  # noqa: PTH120
    source, target = part / folder, state.folder(files / folder)
    for one in list(source.iterdir()) if source.is_dir() else ():
        folders.replace(one, target / one.name)
    told = [one for one in paths if _UNTOLD not in one]
    if not all(os.path.lexists(files / one.lstrip("/")) for one in told):
        raise BackupError("restic brought not everything back")


def _move(source: Path, target: Path) -> int:
    """Into place: in one step where nothing is there, else file by file over what is there.

    How many files or folders could not be, and stay where they are.
    """
    if not os.path.lexists(source):
        if target.is_dir():
            return 0  # moved before an interruption
        raise BackupError("restic brought nothing back")
    if folders.is_folder(source) and target.is_dir():
        with folders.opened(target) as there:
            return _fill(there, source)
    with folders.opened(target.parent) as parent:
        folders.replace(source, target.name, parent)
    return 0


def _fill(target: int, source: Path) -> int:
    """Move what is in ``source`` into an open folder, and make that what ``source`` was.

    One handle a level: restic brings back no more than fit into a path (4,096 bytes). Whoever owns
    a folder may hinder root in it (a FUSE mount, a link put in its place, depth): that one stays.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    stay, levels = 0, [_Level(os.dup(target), source)]
    try:
        while levels:
            here = levels[-1]
            one = next(here.entries, None)
            try:
                if one is None:
                    here.dress()
                elif folders.is_folder(one) and folders.is_folder(one.name, here.target):
                    levels.append(_Level(folders.enter(one.name, here.target), one))
                else:
                    folders.replace(one, one.name, here.target)
            except OSError:
                stay += 1
            if one is None:
                os.close(levels.pop().target)
    finally:
        for here in levels:
            os.close(here.target)
    return stay


class _Level:
    """A folder that is there, open, and the one that takes its place."""

    def __init__(self, target: int, source: Path) -> None:
        self.target, self.source = target, source
        self.entries = iter(list(source.iterdir()))

    def dress(self) -> None:
        found = self.source.stat()
        os.fchown(self.target, found.st_uid, found.st_gid)
        shutil.copystat(self.source, f"/proc/self/fd/{self.target}")


def line(message: dict[str, Any]) -> str:
    """A message in words."""
    if message["message"] == "plan":
        resumed = f", {message['resumed_portions']} portions are there already"
        return (
            f"snapshot {message['snapshot']} of {message['time']}: {message['files']} files, "
            f"{size(message['bytes'])} to {message['target']}"
            + (resumed if message["resumed_portions"] else "")
        )
    if message["message"] == "progress":
        left = message["eta_seconds"]
        eta = f", {left // 60} min {left % 60} s left" if left is not None else ""
        return f"{message['percent']:5.1f} %  {size(message['bytes'])}{eta}"
    return (
        f"restored {message['files']} files, {size(message['bytes'])} in {message['seconds']} s "
        f"to {message['target']}"
    )


def size(count: float) -> str:
    """Bytes as people read them."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024:  # noqa: PLR2004
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
