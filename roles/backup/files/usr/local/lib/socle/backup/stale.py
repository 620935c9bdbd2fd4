"""restic's locks of a killed run: removed when they are old and our own, else respected."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from backup import state
from backup.errors import BackupError
from backup.restic import Answer, Restic, ResticError

OLD = timedelta(minutes=30)
"""A living restic renews its lock every five minutes."""


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
    if own and not _alive(lock.get("pid", 0)):
        return True
    return (own or owner) and now - state.moment(lock["time"]) > OLD


def describe(lock: dict[str, Any]) -> str:
    """Who holds the repository."""
    return f"the repository is locked by {lock.get('hostname')} since {lock.get('time', '')[:19]}"


def _locks(target: Restic) -> list[dict[str, Any]]:
    ids = target.must("list", "locks", "--no-lock", timeout=60).out.split()
    found = []
    for one in ids:
        with suppress(BackupError, ValueError):  # gone meanwhile
            found.append(json.loads(target.must("cat", "lock", one, "--no-lock", timeout=60).out))
    return found


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
