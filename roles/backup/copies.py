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
from socle.messages import Message, message
from socle.verify.checks import AGAIN, expect, note, unknown
from socle.verify.settings import Settings

COPY = message("socle backup run inventories/PRACTICE")
TEST = message("systemctl start socle-backup@restore-test.service")


def expect_declared(targets: Sequence[Found]) -> None:
    """The practice has said where copies go."""
    online = [one["name"] for one in targets if one["online"]]
    expect(
        online,
        seen=message("declared repositories: {names}", names=online or message("none")),
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
    name, reason = one["name"], one["error"] or ""
    if any(words in reason for words in NETWORK):
        unknown(
            message(
                "{repository}: {reason}, so its copies cannot be looked at",
                repository=name,
                reason=reason,
            )
        )
    expect(
        not reason,
        seen=message("{repository}: {state}", repository=name, state=reason or message("readable")),
        wanted="this machine's password opens its copies there",
        fix=message("{again}; if the repository is gone: {copy}", again=AGAIN, copy=COPY),
    )


def expect_fresh(one: Found, settings: Settings) -> None:
    """The newest copy is young enough, not from the future, and not suddenly small."""
    name, newest = one["name"], one["newest"] or {}
    expect(
        newest,
        seen=message("{repository}, copies: {n}", repository=name, n=one["snapshots"]),
        wanted="at least one copy",
        fix=COPY,
    )
    expect(
        -1 <= newest["age_hours"] <= settings.backup_max_age_hours,
        seen=message(
            "{repository}: newest copy {age} old",
            repository=name,
            age=in_words(timedelta(hours=newest["age_hours"])),
        ),
        wanted=message(
            "{hours} hours at most, and not from the future", hours=settings.backup_max_age_hours
        ),
        fix=message(
            "{copy}; journalctl -u socle-backup@run.service tells why the last one failed",
            copy=COPY,
        ),
    )
    size, before = newest["bytes"], (one["previous"] or {}).get("bytes")
    least = 1 - settings.backup_max_drift_percent / 100
    expect(
        not before or size is None or size >= before * least,
        seen=message(
            "{repository}: {size} bytes, {before} in the copy before",
            repository=name,
            size=size,
            before=before,
        ),
        wanted=message(
            "no copy that is suddenly {percent} % smaller",
            percent=settings.backup_max_drift_percent,
        ),
        fix="see whether data were deleted or encrypted; restore them from the copy before",
    )


def expect_complete(one: Found, folders: Sequence[str], live: Collection[str]) -> None:
    """Every declared folder is in the newest copy, and something in it where there is something."""
    counted = one["folders"]
    absent = [folder for folder in folders if counted.get(folder) is None]
    absent += [folder for folder in folders if counted.get(folder) == 0 and folder in live]
    values = {"repository": one["name"], "n": len(folders) - len(absent), "of": len(folders)}
    expect(
        not absent,
        seen=message(
            "{repository}: in the newest copy {n} of {of} folders, without {absent}",
            absent=absent,
            **values,
        )
        if absent
        else message("{repository}: in the newest copy {n} of {of} folders", **values),
        wanted=message("all of {folders}", folders=folders),
        fix=message("{again}; then {copy}", again=AGAIN, copy=COPY),
    )


def expect_nothing_left_out(last_run: Found) -> None:
    """No file claims more than a copy can read. Whose they are is told, never their names."""
    owners = last_run.get("left_out", {})
    whose = [
        message("{n} of {owner}", n=count, owner=owner)
        for owner, count in list(owners.items())[:20]
    ]
    expect(
        not owners,
        seen=message(
            "files left out of the last copy, larger than a copy can read: {whose}",
            whose=whose or message("none"),
        ),
        wanted="every file is in the copy",
        fix=message(
            "as that person, find files with far more bytes than blocks (ls -ls), remove them; "
            "then {copy}",
            copy=COPY,
        ),
    )


def expect_every_name(last_run: Found) -> None:
    """No file has so many names that a copy cannot read each. Whose they are is told."""
    owners = last_run.get("names_left_out", {})
    whose = [
        message("{n} of {owner} ({bytes} bytes)", n=one["names"], owner=owner, bytes=one["bytes"])
        for owner, one in list(owners.items())[:20]
    ]
    expect(
        not owners,
        seen=message(
            "names (hard links) left out of the last copy: {whose}", whose=whose or message("none")
        ),
        wanted="every name of every file is in the copy",
        fix=message(
            "as that person, find files with many names (find -links +100), remove names; a folder "
            "of older generations: leave it out (backup_excludes), copies keep their own; then "
            "{copy}",
            copy=COPY,
        ),
    )


def expect_checked(one: Found, settings: Settings, now: str) -> None:
    """The repository was checked lately, and found whole. A new one has a week."""
    last, days = one["last_check"], settings.backup_check_days
    if last is None:
        oldest = one["oldest"]["time"]
        expect(
            age(oldest, now) <= timedelta(days=days),
            seen=message(
                "{repository}: never checked, first copy {age} ago",
                repository=one["name"],
                age=in_words(age(oldest, now)),
            ),
            wanted=message("checked within {days} days", days=days),
            fix="systemctl start socle-backup@check.service",
        )
        return
    values = {
        "repository": one["name"],
        "result": last["result"],
        "age": in_words(age(last["time"], now)),
    }
    expect(
        last["result"] == "ok" and age(last["time"], now) <= timedelta(days=days),
        seen=message(
            "{repository}: check {result} {age} ago ({reason})", reason=last["reason"], **values
        )
        if last["reason"]
        else message("{repository}: check {result} {age} ago", **values),
        wanted=message("found whole within {days} days", days=days),
        fix="systemctl start socle-backup@check.service; a damaged repository is made anew",
    )


def expect_scheduled(host: Any, settings: Settings) -> None:
    """The next copy comes by itself, in the idle window."""
    windows = [Window(**one) for one in settings.backup_windows]
    moment = next_start(host, "socle-backup.timer")
    enabled = host.run("systemctl is-enabled socle-backup.timer").stdout.strip()
    expect(
        moment is not None and enabled == "enabled" and contains(windows, moment),
        seen=message(
            "next copy: {moment}, timer {state} at boot",
            moment=moment or message("never"),
            state=enabled or message("absent"),
        ),
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
    name, hours = disk["name"], disk["attached_hours"] or 0
    expect(
        not disk["attached"] or hours <= most_hours,
        seen=message("{disk}: attached for {hours} hours", disk=name, hours=round(hours))
        if disk["attached"]
        else message("{disk}: not attached", disk=name),
        wanted=message(
            "{hours} hours at most: what is connected, an attacker can encrypt too",
            hours=most_hours,
        ),
        fix=message("unplug {disk}, and put it where a fire does not reach it", disk=name),
    )


def expect_on_a_disk(owner: str, disks: Sequence[tuple[Found, str]], days: int) -> None:
    """Some disk holds a recent copy of the machine ``owner``, by a record that was not edited."""
    ages = [age(_copied(disk)[owner], now) for disk, now in disks if owner in _copied(disk)]
    for disk, _ in disks:
        if owner in _copied(disk):
            note("disk", repository=disk["name"], machine=owner, time=_copied(disk)[owner])
    found: Sequence[Message] = [_last(disk) for disk, _ in disks]
    if ages:
        found = [message("copy of {age} ago", age=in_words(min(ages)))]
    expect(
        ages and timedelta(0) <= min(ages) <= timedelta(days=days),
        seen=message(
            "{machine} on {disks}: {found}",
            machine=owner,
            disks=[disk["name"] for disk, _ in disks],
            found=found,
        ),
        wanted=message("a copy of {days} days at most", days=days),
        fix="plug the disk in and wait until it is released (docs/fr/sauvegardes.md)",
    )


def _last(disk: Found) -> Message:
    last = disk["last_copy"]
    if last is None:
        return message("never copied")
    if last["signature"] != "good":
        return message("a record whose signature is {state}", state=last["signature"])
    if last.get("reason"):
        return message(
            "last copy {result} ({reason})", result=last["result"], reason=last["reason"]
        )
    return message("last copy {result}", result=last["result"])


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
        seen=message(
            "{repository}: restore test recorded"
            if record
            else "{repository}: never restored from",
            repository=name,
        ),
        wanted="a restore test of every repository",
        fix=TEST,
    )
    signed = signed_by(key, record, signature)
    expect(
        signed,
        seen=message(
            "{repository}: signature of the restore test good"
            if signed
            else "{repository}: signature of the restore test not this machine's",
            repository=name,
        ),
        wanted="a result that nobody has edited",
        fix=message("find out who wrote it; then {test}", test=TEST),
    )
    test = json.loads(record)
    old = age(test["time"], now)
    if test["repository"] == name:
        values = {key: test[key] for key in ("time", "result", "files", "bytes", "seconds")}
        note("restore", repository=name, **values)
    values = {key: test[key] for key in ("files", "bytes", "seconds", "result")}
    values |= {"repository": name, "age": in_words(old)}
    expect(
        test["repository"] == name
        and test["result"] == "ok"
        and test["files"] > 0
        and timedelta(0) <= old <= timedelta(days=settings.backup_restore_test_days),
        seen=message(
            "{repository}: {files} files, {bytes} bytes in {seconds} s, {result} {age} ago "
            "({reason})",
            reason=test["reason"],
            **values,
        )
        if test.get("reason")
        else message(
            "{repository}: {files} files, {bytes} bytes in {seconds} s, {result} {age} ago",
            **values,
        ),
        wanted=message(
            "files came back with equal hashes within {days} days",
            days=settings.backup_restore_test_days,
        ),
        fix=message(
            "{test}; a repository that gives other bytes back is damaged: check it, make it anew",
            test=TEST,
        ),
    )
