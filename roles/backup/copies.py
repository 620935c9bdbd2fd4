"""What is expected of copies: of one repository, one disk, one restore test."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from roles.backup.answers import (
    NETWORK,
    Found,
    age,
    in_words,
    next_start,
    restore_test,
    signed_by,
)
from roles.backup.plan import repositories_of, served_by
from socle.baseline.model import Host, Practice
from socle.baseline.windows import Window, contains
from socle.verify.checks import AGAIN, expect, note, unknown
from socle.verify.settings import Settings

COPY = "socle backup run inventories/PRACTICE"
TEST = "systemctl start socle-backup@restore-test.service"


def expect_declared(targets: Sequence[Found]) -> None:
    """The practice has said where copies go."""
    online = [one["name"] for one in targets if one["online"]]
    expect(
        online,
        seen=f"declared repositories: {', '.join(online) or 'none'}",
        wanted="at least one that is reached without hands, in backup_repositories",
        fix="declare where copies go (docs/fr/sauvegardes.md)",
    )


def note_newest(repositories: Sequence[Found]) -> None:
    """Tell the reports when each repository took its newest copy, before anything is judged."""
    for one in repositories:
        if newest := one.get("newest"):
            note("copy", repository=one["name"], place=one["place"], time=newest["time"])


def expect_readable(one: Found) -> None:
    """The repository answers, to this machine's own password."""
    reason = one["error"] or ""
    if any(words in reason for words in NETWORK):
        unknown(f"{one['name']}: {reason}, so its copies cannot be looked at")
    expect(
        not reason,
        seen=f"{one['name']}: {reason or 'readable'}",
        wanted="this machine's password opens its copies there",
        fix=f"{AGAIN}; if the repository is gone: {COPY}",
    )


def expect_fresh(one: Found, settings: Settings) -> None:
    """The newest copy is young enough, not from the future, and not suddenly small."""
    newest = one["newest"] or {}
    expect(
        newest,
        seen=f"{one['name']}, copies: {one['snapshots']}",
        wanted="at least one copy",
        fix=COPY,
    )
    expect(
        -1 <= newest["age_hours"] <= settings.backup_max_age_hours,
        seen=f"{one['name']}: newest copy {in_words(timedelta(hours=newest['age_hours']))} old",
        wanted=f"{settings.backup_max_age_hours} hours at most, and not from the future",
        fix=f"{COPY}; journalctl -u socle-backup@run.service tells why the last one failed",
    )
    size, before = newest["bytes"], (one["previous"] or {}).get("bytes")
    least = 1 - settings.backup_max_drift_percent / 100
    expect(
        not before or size is None or size >= before * least,
        seen=f"{one['name']}: {size} bytes, {before} in the copy before",
        wanted=f"no copy that is suddenly {settings.backup_max_drift_percent} % smaller",
        fix="see whether data were deleted or encrypted; restore them from the copy before",
    )


def expect_complete(one: Found, folders: Sequence[str], live: Collection[str]) -> None:
    """Every declared folder is in the newest copy, and something in it where there is something."""
    counted = one["folders"]
    absent = [folder for folder in folders if counted.get(folder) is None]
    absent += [folder for folder in folders if counted.get(folder) == 0 and folder in live]
    expect(
        not absent,
        seen=f"{one['name']}: in the newest copy {len(folders) - len(absent)} of {len(folders)} "
        f"folders{', without ' + ', '.join(absent) if absent else ''}",
        wanted=f"all of {', '.join(folders)}",
        fix=f"{AGAIN}; then {COPY}",
    )


def expect_nothing_left_out(last_run: Found) -> None:
    """No file claims more than a copy can read. Whose they are is told, never their names."""
    owners = last_run.get("left_out", {})
    whose = ", ".join(f"{count} of {owner}" for owner, count in list(owners.items())[:20])
    expect(
        not owners,
        seen=f"files left out of the last copy, larger than a copy can read: {whose or 'none'}",
        wanted="every file is in the copy",
        fix="as that person, find files with far more bytes than blocks (ls -ls), remove them; "
        f"then {COPY}",
    )


def expect_checked(one: Found, settings: Settings, now: str) -> None:
    """The repository was checked lately, and found whole. A new one has a week."""
    last, days = one["last_check"], settings.backup_check_days
    if last is None:
        oldest = one["oldest"]["time"]
        expect(
            age(oldest, now) <= timedelta(days=days),
            seen=f"{one['name']}: never checked, first copy {in_words(age(oldest, now))} ago",
            wanted=f"checked within {days} days",
            fix="systemctl start socle-backup@check.service",
        )
        return
    expect(
        last["result"] == "ok" and age(last["time"], now) <= timedelta(days=days),
        seen=f"{one['name']}: check {last['result']} {in_words(age(last['time'], now))} ago"
        + (f" ({last['reason']})" if last["reason"] else ""),
        wanted=f"found whole within {days} days",
        fix="systemctl start socle-backup@check.service; a damaged repository is made anew",
    )


def expect_scheduled(host: Any, settings: Settings) -> None:
    """The next copy comes by itself, in the idle window."""
    windows = [Window(**one) for one in settings.backup_windows]
    moment = next_start(host, "socle-backup.timer")
    enabled = host.run("systemctl is-enabled socle-backup.timer").stdout.strip()
    expect(
        moment is not None and enabled == "enabled" and contains(windows, moment),
        seen=f"next copy: {moment or 'never'}, timer {enabled or 'absent'} at boot",
        wanted="the timer is enabled, and fires in backup_windows",
        fix=AGAIN,
    )


def is_fresh(one: Found, settings: Settings, now: str) -> bool:
    """Whether a repository, or a disk by its signed record, holds a recent copy."""
    if one["kind"] == "disk":
        return any(
            timedelta(0) <= age(moment, now) <= timedelta(days=settings.backup_offline_days)
            for moment in _copied(one).values()
        )
    hours = (one.get("newest") or {"age_hours": -2})["age_hours"]
    return bool(-1 <= hours <= settings.backup_max_age_hours)


def carriers_of(target: Host, practice: Practice) -> list[str]:
    """Machines into which a disk with this one's copies is plugged: itself, or its servers."""
    servers = [one.server for one in repositories_of(target) if one.server and one.server_prunes]
    names = dict.fromkeys([target.name, *servers])
    return [
        name
        for name in names
        if name in practice.hosts
        and any(one.kind == "disk" for one in repositories_of(practice.hosts[name]))
    ]


def owners_on(target: Host, practice: Practice) -> set[str]:
    """Whose copies must be on the disks of ``target``'s carriers for its own verdict."""
    if target.settings["backup_folders"]:
        return {target.name}
    return {one.client.name for one in served_by(target, practice) if one.repository.server_prunes}


def expect_let_go(disk: Found, most_hours: int) -> None:
    """A disk that stays plugged in is no offline copy."""
    hours = disk["attached_hours"] or 0
    state = f"attached for {hours:.0f} hours" if disk["attached"] else "not attached"
    expect(
        not disk["attached"] or hours <= most_hours,
        seen=f"{disk['name']}: {state}",
        wanted=f"{most_hours} hours at most: what is connected, an attacker can encrypt too",
        fix=f"unplug {disk['name']}, and put it where a fire does not reach it",
    )


def expect_on_a_disk(owner: str, disks: Sequence[tuple[Found, str]], days: int) -> None:
    """Some disk holds a recent copy of the machine ``owner``, by a record that was not edited."""
    ages = [age(_copied(disk)[owner], now) for disk, now in disks if owner in _copied(disk)]
    for disk, _ in disks:
        if owner in _copied(disk):
            note("disk", repository=disk["name"], machine=owner, time=_copied(disk)[owner])
    names = ", ".join(disk["name"] for disk, _ in disks)
    last = ", ".join(_last(disk) for disk, _ in disks)
    expect(
        ages and timedelta(0) <= min(ages) <= timedelta(days=days),
        seen=f"{owner} on {names}: " + (f"copy of {in_words(min(ages))} ago" if ages else last),
        wanted=f"a copy of {days} days at most",
        fix="plug the disk in and wait until it is released (docs/fr/sauvegardes.md)",
    )


def _last(disk: Found) -> str:
    last = disk["last_copy"]
    if last is None:
        return "never copied"
    if last["signature"] != "good":
        return f"a record whose signature is {last['signature']}"
    return f"last copy {last['result']}" + (f" ({last['reason']})" if last.get("reason") else "")


def _copied(disk: Found) -> Mapping[str, str]:
    """Machine -> time of its newest copy on the disk; nothing of a record with a bad signature."""
    last = disk["last_copy"] or {}
    good = last.get("signature") == "good" and last.get("result") == "ok"
    return last.get("newest", {}) if good else {}


def expect_restored(host: Any, name: str, key: str, settings: Settings, now: str) -> None:
    """The newest restore test of a repository: signed by this machine, recent, hashes equal."""
    record, signature = restore_test(host, name)
    expect(
        record,
        seen=f"{name}: " + ("restore test recorded" if record else "never restored from"),
        wanted="a restore test of every repository",
        fix=TEST,
    )
    expect(
        signed_by(key, record, signature),
        seen=f"{name}: signature of the restore test "
        + ("good" if signed_by(key, record, signature) else "not this machine's"),
        wanted="a result that nobody has edited",
        fix=f"find out who wrote it; then {TEST}",
    )
    test = json.loads(record)
    old = age(test["time"], now)
    if test["repository"] == name:
        values = {key: test[key] for key in ("time", "result", "files", "bytes", "seconds")}
        note("restore", repository=name, **values)
    expect(
        test["repository"] == name
        and test["result"] == "ok"
        and test["files"] > 0
        and timedelta(0) <= old <= timedelta(days=settings.backup_restore_test_days),
        seen=f"{name}: {test['files']} files, {test['bytes']} bytes in {test['seconds']} s, "
        f"{test['result']} {in_words(old)} ago"
        + (f" ({test['reason']})" if test.get("reason") else ""),
        wanted=f"files came back with equal hashes within {settings.backup_restore_test_days} days",
        fix=f"{TEST}; a repository that gives other bytes back is damaged: check it, make it anew",
    )
