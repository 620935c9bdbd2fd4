"""``socle-backup offline DISK``: a declared disk was plugged in: it is filled, and let go.

``/var/lib/socle/backup/offline/DISK.json`` is what ``status`` shows as ``last_copy``, signed once
the work is over.
"""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backup import awake, check, disks, evidence, paths, served, signing, snapshots, state
from backup.config import Config, Repository, Secrets
from backup.errors import BackupError
from backup.restic import Restic, ResticError, failed, open_repository
from backup.stale import unlocked

Found = dict[str, Any]


def offline(config: Config, secrets: Secrets, name: str) -> Found:
    """Fill the disk ``name``; what to record. Whatever happens, the mapping is closed again."""
    disk = config.disk(name)
    awake.politely()
    began = time.monotonic()
    found: Found = {
        "time": state.stamp(),
        "result": "running",
        "reason": None,
        "newest": {},
        "snapshots": {},
        "free_percent": None,
        "released": False,
    }
    record = paths.OFFLINE / f"{name}.json"
    earlier = state.read(record, {})
    found["last_good"] = earlier.get("time" if earlier.get("result") == "ok" else "last_good")
    state.write(record, found)
    with awake.awake("copy to the offline disk"):
        try:
            _filled(config, secrets, disk, found)
            found["result"] = "ok"
        except (BackupError, OSError) as error:
            found["result"] = "failed"
            found["reason"] = str(error) if isinstance(error, BackupError) else error.strerror
        finally:
            disks.close(disk)
    found["released"] = disks.power_off(disk)
    found["seconds"] = round(time.monotonic() - began, 1)
    state.write(record, found)
    signing.sign(record)
    return found


def status(disk: Repository, now: datetime) -> Found:
    """Whether the disk is plugged in, since when, and its last copy."""
    device = disks.device(disk)
    since = datetime.fromtimestamp(device.lstat().st_mtime, UTC) if device else None
    last = evidence.signed(paths.OFFLINE / f"{disk.name}.json")
    if last and last["result"] == "running" and not disks.is_open(disk):
        last["result"] = "interrupted"
    return {
        "attached": device is not None,
        "attached_since": state.stamp(since) if since else None,
        "attached_hours": round((now - since).total_seconds() / 3600, 2) if since else None,
        "last_copy": last,
    }


def _filled(config: Config, secrets: Secrets, disk: Repository, found: Found) -> None:
    disks.close(disk)  # what an interrupted copy left
    disks.identify(disk)
    with disks.mounted(disk, secrets.key(disk.name)) as folder:
        for host, source, password in _sources(config, secrets, disk):
            target = Restic(str(folder / "socle" / host), password)
            _copied(source, target, host, found)
        usage = shutil.disk_usage(folder)
        found["free_percent"] = round(100 * usage.free / usage.total, 1)


def _sources(config: Config, secrets: Secrets, disk: Repository) -> list[tuple[str, Restic, str]]:
    """Host, its repository, and the password that its copy on the disk has."""
    found = []
    own = _first_that_answers(config, secrets)
    if own:
        found.append((config.host, own, copy_password(config, secrets, disk, config.host)))
    for one in config.served:
        source = served.open_served(one, secrets)
        found.append((one.client, source, source.password))
    if not found:
        raise BackupError("no repository to copy from")
    return found


def copy_password(config: Config, secrets: Secrets, disk: Repository, host: str) -> str:
    """The password of a host's repository on the disk.

    A served client's copy keeps the client's. Our own has the disk's, where one is declared, else
    that of our first online repository.
    """
    if host != config.host:
        return secrets.password(f"served:{host}")
    names = [disk.name, *(one.name for one in config.online())]
    return secrets.password(next((one for one in names if one in secrets.passwords), disk.name))


def _first_that_answers(config: Config, secrets: Secrets) -> Restic | None:
    """This host's own repository to copy from. ``BackupError`` where none of several answers."""
    reasons = []
    for one in config.online():
        repository = open_repository(one, secrets.password(one.name))
        try:
            repository.snapshots()
        except ResticError as error:
            reasons.append(f"{one.name}: {error}")
        else:
            return repository
    if reasons:
        raise BackupError("; ".join(reasons))
    return None


def _copied(source: Restic, target: Restic, host: str, found: Found) -> None:
    wanted = snapshots.real(source.snapshots())
    if not wanted:
        raise BackupError(f"{host}: there is no snapshot to copy")
    if not Path(target.location, "config").exists():
        Path(target.location).mkdir(parents=True, exist_ok=True)
        target.must("init", "--copy-chunker-params", source=source)
    answer = unlocked(target, "copy", *[one["id"] for one in wanted], owner=True, source=source)
    if answer.code != 0:
        raise failed(answer)
    checked = unlocked(
        target, "check", f"--read-data-subset={check.part(state.now().isocalendar().week)}",
        owner=True,
    )  # fmt: skip
    if checked.code != 0:
        raise failed(checked)
    there = target.snapshots()
    times = {one["time"] for one in there}
    if not {one["time"] for one in wanted} <= times:
        raise BackupError(f"{host}: snapshots are missing on the disk after the copy")
    found["snapshots"][host] = len(there)
    found["newest"][host] = state.stamp(state.moment(wanted[-1]["time"]))


def lines(found: Found) -> list[str]:
    """The record in words."""
    said = [f"{host}: {count} snapshots on the disk" for host, count in found["snapshots"].items()]
    why = f": {found['reason']}" if found["reason"] else ""
    away = "unplug the disk now" if found["released"] else "the disk could not be powered off"
    return [*said, f"offline copy: {found['result']}{why}; {away}"]
