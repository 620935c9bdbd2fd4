"""``socle-backup prune``: a backup server lets old snapshots of its clients go. Clients cannot.

Before the first snapshot goes, everything that is in the repository is read and compared with its
hashes: a client that writes false data under good names must not make prune drop the good ones.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from backup import awake, paths, quarantine, snapshots, state
from backup.config import Config, Secrets, Served
from backup.errors import BackupError, explained
from backup.restic import failed
from backup.retention import to_forget
from backup.served import arrivals, open_served
from backup.stale import unlocked


class Refused(BackupError):
    """Nothing was removed, on purpose."""


def prune(config: Config, secrets: Secrets, only: tuple[str, ...] = ()) -> dict[str, Any]:
    """Prune each served repository; client -> what ``status`` shows as ``last_prune``.

    Who has waited longest comes first: what one client's takes, up to the end of this program, is
    not always at the same others' cost.
    """
    if not config.served:
        raise BackupError("this machine keeps no backups of others")
    awake.politely()
    known = state.read(paths.PRUNES, {})
    results: dict[str, Any] = {}
    chosen = [one for one in config.served if not only or one.client in only]
    with awake.awake("pruning of the backups"):
        for one in sorted(chosen, key=lambda one: known.get(one.client, {}).get("time", "")):
            results[one.client] = _result("failed", "begun, and not ended")
            with suppress(OSError):  # who has filled the disk may be the next to be pruned
                state.write(paths.PRUNES, known | results)
            results[one.client] = _recorded(one, secrets)
    state.write(paths.PRUNES, known | results)
    return results


def _recorded(one: Served, secrets: Secrets) -> dict[str, Any]:
    try:
        return _result("ok") | _pruned(one, secrets)
    except Refused as error:
        return _result("refused", str(error))
    except Exception as error:
        return _result("failed", explained(error))


def _result(result: str, reason: str | None = None) -> dict[str, Any]:
    times = {"time": state.stamp(), "result": result, "reason": reason}
    return times | {"kept": None, "removed": 0}


def _pruned(one: Served, secrets: Secrets) -> dict[str, Any]:
    quarantine.tidied(one, state.now() - quarantine.SETTLED)
    target = open_served(one, secrets)
    listed = target.snapshots(timeout=600)
    now = state.now()
    ahead = snapshots.future(listed, now)
    if ahead:
        raise Refused(
            f"{len(ahead)} snapshots are dated in the future (the first: {ahead[0]['id']}, "
            f"{ahead[0]['time']}): look at the client's clock, and for an attack on retention"
        )
    found = arrivals(one, listed)
    going = [each.id for each in to_forget(found, one.keep_within, now)]
    if going:
        sound = unlocked(target, "check", "--read-data", owner=True)
        if sound.code != 0:
            raise Refused(f"{failed(sound)}: nothing is removed from it")
        answer = unlocked(target, "forget", "--prune", *going, owner=True)
        if answer.code != 0:
            raise failed(answer)
    left = [each["id"] for each in target.snapshots(timeout=600)]
    if set(left) & set(going):
        raise BackupError("restic ended well, but snapshots that should be gone are still there")
    return {"kept": len(left), "removed": len(going)}


def lines(results: dict[str, Any]) -> list[str]:
    """The results in words."""
    return [
        f"{client}: {one['result']}"
        + (
            f": {one['reason']}"
            if one["reason"]
            else f", {one['removed']} removed, {one['kept']} kept"
        )
        for client, one in results.items()
    ]
