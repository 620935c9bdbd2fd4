"""``socle-backup check``: every repository's structure, and each week another 52nd of its data."""

from __future__ import annotations

import time
from typing import Any

from backup import awake, paths, state
from backup.config import Config, Secrets
from backup.errors import explained
from backup.restic import failed, open_repository
from backup.stale import unlocked

PARTS = 52


def check(config: Config, secrets: Secrets, only: tuple[str, ...] = ()) -> dict[str, Any]:
    """Check and record; repository -> what ``status`` shows as ``last_check``."""
    awake.politely()
    results = {}
    with awake.awake("check of the backups"):
        for repository in config.online(only):
            results[repository.name] = _one(config, secrets, repository.name)
            known = state.read(paths.CHECKS, {})
            state.write(paths.CHECKS, known | results)
    return results


def part(week: int) -> str:
    """The part of the data that a week reads, as restic wants it."""
    return f"{(week - 1) % PARTS + 1}/{PARTS}"


def _one(config: Config, secrets: Secrets, name: str) -> dict[str, Any]:
    began, now = time.monotonic(), state.now()
    read = part(now.isocalendar().week)
    found = {"time": state.stamp(now), "result": "failed", "reason": None, "read": read}
    words = ["check", f"--read-data-subset={read}"]
    if config.bandwidth_kib:
        words += ["--limit-download", str(config.bandwidth_kib)]
    try:
        (repository,) = config.online((name,))
        answer = unlocked(open_repository(repository, secrets.password(name)), *words)
        if answer.code != 0:
            raise failed(answer)
        found["result"] = "ok"
    except Exception as error:
        found["reason"] = explained(error)
    return found | {"seconds": round(time.monotonic() - began, 1)}


def lines(results: dict[str, Any]) -> list[str]:
    """The results in words."""
    return [
        f"{name}: {one['result']}" + (f": {one['reason']}" if one["reason"] else "")
        for name, one in results.items()
    ]
