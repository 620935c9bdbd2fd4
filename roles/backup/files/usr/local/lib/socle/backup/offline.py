"""``socle-backup offline DISK``: a declared disk was plugged in: it is filled, and let go.

Its own snapshots come from an online repository that answers, else they are made on the disk. A
backup server adds those that it keeps for others.

``/var/lib/socle/backup/offline/DISK.json`` is what ``status`` shows as ``last_copy``, signed once
the work is over.
"""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backup import (
    awake,
    check,
    disks,
    evidence,
    paths,
    rehearsal,
    run,
    served,
    signing,
    snapshots,
    state,
)
from backup.config import Config, Repository, Secrets
from backup.errors import BackupError, explained
from backup.restic import Restic, failed, open_repository
from backup.stale import unlocked

Found = dict[str, Any]


def offline(config: Config, secrets: Secrets, name: str) -> Found:
    """Fill the disk ``name``; what to record. Whatever happens, the mapping is closed again.

    ``BackupError`` when it is not there: nothing was tried, and the last copy's record stays.
    """
    disk = config.disk(name)
    disks.close(disk)  # what an interrupted copy left
    disks.identify(disk)
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
        except Exception as error:
            found |= {"result": "failed", "reason": explained(error)}
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
    own = _first_that_answers(config, secrets)
    hosts = [config.host] if config.folders or config.databases else []
    hosts += [one.client for one in config.served]
    if not hosts:
        raise BackupError("this machine has nothing to copy")
    problems = []
    with disks.mounted(disk, secrets.key(disk.name)) as folder:
        for host in hosts:
            password = copy_password(config, secrets, disk, host)
            target = Restic(str(folder / "socle" / host), password)
            try:
                Path(target.location).mkdir(parents=True, exist_ok=True)
                if host != config.host:
                    _copied(_served(config, secrets, host), target)
                elif own:
                    _copied(own, target)
                else:
                    _made(config, target)
                _proved(target, disk.name, host, found)
            except Exception as error:
                problems.append(f"{host}: {explained(error)}")
        usage = shutil.disk_usage(folder)
        found["free_percent"] = round(100 * usage.free / usage.total, 1)
    if problems:
        raise BackupError("; ".join(problems))


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
    """This host's own repository to copy from; None where there is none, or none answers."""
    for one in config.online():
        repository = open_repository(one, secrets.password(one.name))
        try:
            listed = repository.snapshots()
        except BackupError:
            continue
        if snapshots.real(listed):
            return repository
    return None


def _served(config: Config, secrets: Secrets, client: str) -> Restic:
    return served.open_served(next(o for o in config.served if o.client == client), secrets)


def _made(config: Config, target: Restic) -> None:
    """A snapshot straight onto the disk: there is no other repository within reach."""
    record = run.new_record(config)
    with run.prepared(config, record) as wanted:
        record["repositories"]["disk"] = made = run.into(target, wanted)
    if run.verdict(record) != "ok":
        missing = f"declared folders are missing: {', '.join(record['missing_folders'])}"
        failed_dumps = [
            f"database {name}: {why}" for name, why in record["databases"].items() if why
        ]
        why = [made["reason"], *failed_dumps, missing if record["missing_folders"] else None]
        why += run.left_out(record)
        raise BackupError("; ".join(one for one in why if one))


def _copied(source: Restic, target: Restic) -> None:
    """Every snapshot of a repository onto the disk."""
    wanted = snapshots.real(source.snapshots())
    if not wanted:
        raise BackupError("there is no snapshot to copy")
    if not Path(target.location, "config").exists():
        target.must("init", "--copy-chunker-params", source=source)
    ids = [one["id"] for one in wanted]
    answer = unlocked(target, "copy", *ids, owner=True, source=source)
    if answer.code != 0:
        raise failed(answer)
    if not {one["time"] for one in wanted} <= {one["time"] for one in target.snapshots()}:
        raise BackupError("snapshots are missing on the disk after the copy")


def _proved(target: Restic, disk: str, host: str, found: Found) -> None:
    """Read part of the data, and bring files back, before the disk goes into its drawer."""
    part = check.part(state.now().isocalendar().week)
    checked = unlocked(target, "check", f"--read-data-subset={part}", owner=True)
    if checked.code != 0:
        raise failed(checked)
    there = snapshots.real(target.snapshots())
    if not there:
        raise BackupError("no snapshot is on the disk after the copy")
    found["snapshots"][host] = len(there)
    found["newest"][host] = state.stamp(state.moment(there[-1]["time"]))
    result = rehearsal.rehearsed(target, host, disk)
    if result["result"] != "ok":
        raise BackupError(f"restore test from the disk: {result['reason']}")


def lines(found: Found) -> list[str]:
    """The record in words."""
    said = [f"{host}: {count} snapshots on the disk" for host, count in found["snapshots"].items()]
    why = f": {found['reason']}" if found["reason"] else ""
    away = "unplug the disk now" if found["released"] else "the disk could not be powered off"
    return [*said, f"offline copy: {found['result']}{why}; {away}"]
