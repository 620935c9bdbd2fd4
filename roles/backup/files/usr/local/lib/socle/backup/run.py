"""``socle-backup run``: dumps, manifest, and a snapshot in every online repository.

``/var/lib/socle/backup/runs.json`` is a list, oldest first, without any file's name::

    {"started": "2026-11-22T02:10:00Z", "ended": "…" (null: still running, or killed),
     "result": "ok | incomplete | failed | running",
     "missing_folders": ["/srv/gone"], "databases": {"dossiers": null or "why it failed"},
     "left_out": {"anna": 1},
     "names_left_out": {"anna": {"names": 599, "bytes": 179700000000}},
     "repositories": {"serveur": {"result": "ok | incomplete | failed", "reason": null or "why",
        "snapshot": "1d057174", "files": 165, "bytes": 4121381, "added": 4333138,
        "unreadable": 0, "seconds": 1.2}}}

``incomplete``: a snapshot was made, but some files could not be read, or were left out
(``left_out``: owner -> how many, see ``hollow``; ``names_left_out``: see ``names``).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backup import awake, dumps, hollow, manifest, names, paths, state
from backup.config import Config, Repository, Secrets
from backup.errors import explained
from backup.reasons import missing_repository, reason
from backup.restic import Answer, Restic, open_repository, parsed
from backup.stale import unlocked

RUNS_KEPT = 60
INCOMPLETE = 3
"""restic's code for a snapshot that misses files."""
GONE = 2
"""ENOENT: a file that went away while it was read is no fault."""


@dataclass(frozen=True)
class Wanted:
    """restic's arguments, and the patterns that stand in none: they hold names of files.

    ``most``: bytes that it may read; a file that grows while it is read has no end.
    """

    words: list[str]
    patterns: str = field(repr=False)
    most: int


def run(config: Config, secrets: Secrets, only: tuple[str, ...] = ()) -> dict[str, Any]:
    """Back everything up; the record of the run. The host's lock is the caller's."""
    awake.politely()
    record = new_record(config)
    runs = [*_closed(state.read(paths.RUNS, [])), record][-RUNS_KEPT:]
    state.write(paths.RUNS, runs)
    with awake.awake("backup"), prepared(config, record) as wanted:
        for repository in config.online(only):
            record["repositories"][repository.name] = _one(repository, secrets, wanted)
            state.write(paths.RUNS, runs)
    record["result"], record["ended"] = verdict(record), state.stamp()
    state.write(paths.RUNS, runs)
    return record


def new_record(config: Config) -> dict[str, Any]:
    """The record of a run that begins."""
    return {
        "started": state.stamp(),
        "ended": None,
        "result": "running",
        "missing_folders": [one for one in config.folders if not Path(one).exists()],
        "left_out": {},
        "names_left_out": {},
        "databases": {},
        "repositories": {},
    }


def verdict(record: dict[str, Any]) -> str:
    """The run's result from its parts'."""
    parts = [one["result"] for one in record["repositories"].values()]
    if not parts or "failed" in parts or any(record["databases"].values()):
        return "failed"
    if record["missing_folders"]:
        return "failed"
    left_out = record["left_out"] or record["names_left_out"]
    return "incomplete" if "incomplete" in parts or left_out else "ok"


@contextmanager
def prepared(config: Config, record: dict[str, Any]) -> Iterator[Wanted]:
    """Dumps and manifest, as long as they are needed; what restic is told."""
    folders = [one for one in config.folders if one not in record["missing_folders"]]
    folders += [one for one in dumps.storage(config.databases) if Path(one).is_dir()]
    live = dumps.live_files(config.databases)
    excludes = [*config.excludes, *live]
    own = [str(one) for one in (paths.DUMPS, paths.MANIFEST, paths.CANARY)]
    words = ["backup", "--json", "--host", config.host]
    for pattern in (*excludes, str(paths.SCRATCH), str(paths.CACHE)):
        words += ["--exclude", pattern]
    if config.bandwidth_kib:
        words += ["--limit-upload", str(config.bandwidth_kib)]
    try:
        record["databases"] = dumps.make(config.databases)
        places = list(dict.fromkeys([*folders, *own]))
        before = hollow.look(places, excludes)
        limit = before.limit()
        hollows = hollow.leave(places, excludes, before)
        record["left_out"] = hollow.left_out(hollows, hollow.Sizes())
        left = names.leave(places, excludes, before, hollows.paths)
        record["names_left_out"] = left.owners
        made = manifest.make(config.host, folders, excludes, config.restore_sample_files, left)
        words += ["--exclude-file", "{patterns}", "--exclude-larger-than", str(limit), "--"]
        patterns = "".join(f"{one}\n" for one in left.patterns)
        most = before.claimed - hollows.claimed + hollow.ALLOWED
        yield Wanted([*words, *places], patterns, most)
        after = hollow.look(places, excludes, over=limit)  # what was made or grew meanwhile
        record["left_out"] = hollow.left_out(hollows, after)
        manifest.keep(made)
    finally:
        dumps.clean()
        manifest.forget()


def left_out(record: dict[str, Any]) -> list[str]:
    """Sentences on what the run left out by itself."""
    repeated = names.in_words(record["names_left_out"])
    return [one for one in (hollow.in_words(record["left_out"]), repeated) if one]


def _one(repository: Repository, secrets: Secrets, wanted: Wanted) -> dict[str, Any]:
    """A snapshot in a declared repository; what to record of it."""
    try:
        return into(open_repository(repository, secrets.password(repository.name)), wanted)
    except Exception as error:
        return {"result": "failed", "reason": explained(error), "snapshot": None, "seconds": 0.0}


def into(target: Restic, wanted: Wanted) -> dict[str, Any]:
    """A snapshot in a repository, which is made if it is new; what to record of it."""
    began = time.monotonic()
    found: dict[str, Any] = {"result": "failed", "reason": None, "snapshot": None}
    try:
        found |= summary(_backup(target, wanted))
    except Exception as error:
        found["reason"] = explained(error)
    return found | {"seconds": round(time.monotonic() - began, 1)}


def _backup(target: Restic, wanted: Wanted) -> Answer:
    how: dict[str, Any] = {"patterns": wanted.patterns, "most": wanted.most}
    answer = unlocked(target, *wanted.words, **how)
    if answer.code not in (0, INCOMPLETE) and missing_repository(answer.err + answer.out):
        target.must("init")
        answer = target.run(*wanted.words, **how)
    return answer


def summary(answer: Answer) -> dict[str, Any]:
    """What ``restic backup --json`` says at its end. Numbers only, never a file's name."""
    messages = [parsed(line) for line in [*answer.out.splitlines(), *answer.err.splitlines()]]
    unreadable = sum(_fault(one) for one in messages if one.get("message_type") == "error")
    ends = [one for one in messages if one.get("message_type") == "summary"]
    if not ends or not ends[-1].get("snapshot_id"):
        return {"result": "failed", "reason": reason(answer.err + answer.out, answer.code)}
    last = ends[-1]
    good = answer.code == 0 or (answer.code == INCOMPLETE and unreadable == 0)
    return {
        "result": "ok" if good else "incomplete",
        "reason": None if good else f"{unreadable} files or folders could not be read",
        "snapshot": last["snapshot_id"][:8],
        "files": last["total_files_processed"],
        "bytes": last["total_bytes_processed"],
        "added": last["data_added"],
        "unreadable": unreadable,
    }


def _fault(message: dict[str, Any]) -> bool:
    """Whether an error message means more than a file that went away meanwhile."""
    error = message.get("error")
    if not isinstance(error, dict):
        return True
    return error.get("Err") != GONE and "no such file" not in str(error.get("message", ""))


def _closed(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Earlier records; one that still says running was killed."""
    for one in runs:
        if one.get("result") == "running":
            one["result"] = "interrupted"
    return runs


def lines(record: dict[str, Any]) -> list[str]:
    """The record in words."""
    said = [f"declared folder is missing: {one}" for one in record["missing_folders"]]
    said += [f"database {name}: {why}" for name, why in record["databases"].items() if why]
    said += left_out(record)
    for name, one in record["repositories"].items():
        numbers = f", {one['files']} files, {one['bytes']} bytes" if one["snapshot"] else ""
        why = f": {one['reason']}" if one["reason"] else ""
        said.append(f"{name}: {one['result']}{why}{numbers}, {one['seconds']} s")
    return [*said, f"backup: {record['result']}"]
