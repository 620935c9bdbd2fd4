"""restic's locks of a killed run: removed when they are old and our own, else respected."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from backup import state
from backup.errors import BackupError, Unjudged
from backup.restic import Answer, Restic, ResticError

OLD = timedelta(minutes=30)
"""A living restic renews its lock every five minutes."""
_MOST = 100  # locks that are looked at
_LARGEST_PID = 1 << 22
_SHOWN = 64  # characters of a name that somebody else has chosen


def unlocked(target: Restic, *words: str, owner: bool = False, **how: Any) -> Answer:
    """Run; where only stale locks of this host are in the way, remove them and run again.

    ``owner``: the repository is this machine's to keep, so anybody's old lock may go.
    """
    answer = target.run(*words, **how)
    if answer.code == 0 or "already locked" not in (answer.err + answer.out).lower():
        return answer
    found = _locks(target)
    living = [one for one in found if not stale(one, state.now(), owner=owner)]
    if living:
        raise ResticError(describe(living[0]))
    target.must("unlock", timeout=120)
    return target.run(*words, **how)


def stale(lock: dict[str, Any], now: datetime, *, owner: bool) -> bool:
    """Whether a lock belongs to nobody who still works."""
    own = lock.get("hostname") == os.uname().nodename
    if own and not _alive(lock.get("pid")):
        return True
    return (own or owner) and now - state.moment(lock["time"]) > OLD


def describe(lock: dict[str, Any]) -> str:
    """Who holds the repository."""
    name = "".join(one for one in str(lock.get("hostname"))[:_SHOWN] if one.isprintable())
    return f"the repository is locked by {name} since {state.stamp(state.moment(lock['time']))}"


def _locks(target: Restic) -> list[dict[str, Any]]:
    ids = target.must("list", "locks", "--no-lock", timeout=60).out.split()
    if len(ids) > _MOST:
        raise Unjudged(f"{len(ids)} locks are in the repository")
    found = []
    for one in ids:
        with suppress(ResticError):  # gone meanwhile
            found.append(_whole(target.must("cat", "lock", one, "--no-lock", timeout=60).out))
    return found


def _whole(text: str) -> dict[str, Any]:
    """A lock, whose ``time`` is one. Clients make them with any program."""
    try:
        found: dict[str, Any] = json.loads(text)
        state.moment(found["time"])
    except (BackupError, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        raise Unjudged("a lock of the repository") from None
    return found


def _alive(pid: Any) -> bool:
    """Whether a process of ours has the number; what is none is nobody's."""
    if type(pid) is not int or not 0 < pid <= _LARGEST_PID:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
