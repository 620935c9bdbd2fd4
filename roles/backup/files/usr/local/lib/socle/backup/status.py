"""``socle-backup status --json``: what the repositories themselves say, and the host's records.

::

    {"host": "imagerie", "now": "…Z", "running": false,
     "last_run": (see ``run``) or null,
     "repositories": [{
        "name": "serveur", "kind": "server", "medium": "disk", "place": "on-site", "online": true,
        "reachable": true, "error": null or "why",
        "snapshots": 12,
        "newest": {"id": "1d057174", "time": "…Z", "age_hours": 3.2, "paths": ["/etc"],
                   "files": 165 or null, "bytes": 4121381 or null} or null,
        "previous": (the same shape) or null, "oldest": (the same shape) or null,
        "folders": {"/etc": 42, "/srv/images": 0},   entries in the newest snapshot, null: not there
        "missing_folders": ["/srv/gone"],            declared, and not in the newest snapshot
        "future": [{"id": "…", "time": "…"}],        snapshots dated later than now
        "last_check": {"time": "…", "result": "ok | failed", "reason": null,
            "read": "3/52"} or null,
        "last_restore_test": {"time": "…", "result": "ok | failed", "reason": null,
            "snapshot": "…", "files": 21, "bytes": 5000, "seconds": 1.5,
            "signature": "good | bad | missing"} or null}],

What only an open repository could say (``snapshots`` to ``future``) is left out where it did not
answer. A disk that is plugged in only now and then has, instead::

    "attached": false, "attached_since": null or "…", "attached_hours": null or 3.5,
    "last_copy": {"time": "…", "result": "ok | failed | interrupted | running", "reason": null,
        "newest": {"imagerie": "… (time of the newest snapshot on the disk)"},
        "snapshots": {"imagerie": 12}, "free_percent": 71.0, "released": true,
        "signature": "good | bad | missing"} or null

and on a backup server::

    "served": [{"client": "imagerie", "reachable": true, "error": null, "snapshots": 12,
        "newest": (as above), "future": [], "misdated": [], "last_prune": {"time": "…",
        "result": "ok | refused | failed", "reason": null, "kept": 9, "removed": 3} or null}]}

``misdated``: snapshots that arrived at quite another time than they claim. Nothing is changed,
neither here nor there: what is slow to say, a copy has recorded (`remember`).

With ``--try-delete`` each append-only server has one more, see ``try_delete``::

    "try_delete": {"refused": true | false | null, "error": null or "why",
        "attempts": {"forget": "refused", "shell": "refused", "sftp": "refused"}}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any

from backup import evidence, locks, offline, paths, served, snapshots, state, try_delete
from backup.config import Config, Repository, Secrets
from backup.errors import explained
from backup.restic import Restic, open_repository
from backup.try_delete import Trial, in_words, trial

PATIENCE = 30.0
"""Seconds a repository has for each answer."""

Found = dict[str, Any]


def status(config: Config, secrets: Secrets, *, attempts: bool = False) -> Found:
    """The whole answer. Repositories are asked side by side."""
    running = locks.busy()
    servers = any(one.kind == "server" for one in config.repositories)
    with trial(config.host) if attempts and servers else nullcontext() as attempt:
        look = Look(config, secrets, attempt)
        jobs: list[Callable[[], Found]] = [
            *(partial(look.repository, one) for one in config.repositories),
            *(partial(served.status, one, secrets, look.now) for one in config.served),
        ]
        with ThreadPoolExecutor(max_workers=max(1, len(jobs))) as pool:
            answers = [job.result() for job in [pool.submit(job) for job in jobs]]
    return {
        "host": config.host,
        "now": state.stamp(look.now),
        "running": running,
        "last_run": look.runs[-1] if look.runs else None,
        "repositories": answers[: len(config.repositories)],
        "served": answers[len(config.repositories) :],
    }


def remember(config: Config, secrets: Secrets, copied: Sequence[str]) -> None:
    """After a copy to these repositories: record what is in it, leave a canary on each server.

    What cannot be recorded makes a look slower, and leaves a canary to it.
    """
    look, canaries = Look(config, secrets), state.read(paths.CANARIES, {})
    for repository in config.online(tuple(copied)) if copied else ():
        with suppress(Exception):
            target = open_repository(repository, secrets.password(repository.name))
            listed = target.snapshots(timeout=PATIENCE)
            if repository.kind == "server":
                canaries[repository.name] = try_delete.canary(target, config.host, listed)
            look.folders(repository.name, target, snapshots.real(listed)[-1]["id"])
    with suppress(OSError):
        state.write(paths.CONTENTS, look.contents)
        state.write(paths.CANARIES, canaries)


class Look:
    """One look at this host's repositories, and what it takes from the host's records."""

    def __init__(self, config: Config, secrets: Secrets, attempt: Trial | None = None) -> None:
        """``attempt``: tries to delete on the servers too."""
        self.now = state.now()
        self.runs: Sequence[Found] = state.read(paths.RUNS, [])
        self._config, self._secrets, self._attempt = config, secrets, attempt
        self.contents: dict[str, Found] = state.read(paths.CONTENTS, {})

    def repository(self, repository: Repository) -> Found:
        """One repository's part of the answer; what cannot be asked stands in ``error``."""
        found: Found = {
            "name": repository.name,
            "kind": repository.kind,
            "medium": repository.medium,
            "place": repository.place,
            "online": repository.online,
            "last_check": state.read(paths.CHECKS, {}).get(repository.name),
            "last_restore_test": evidence.last_test(repository.name),
        }
        if repository.kind == "disk":
            return found | offline.status(repository, self.now)
        found |= {"reachable": False, "error": None}
        try:
            password = self._secrets.password(repository.name)
            target, listed = open_repository(repository, password, cached=False), None
            if self._attempt and repository.kind == "server":
                found["try_delete"], listed = self._attempt.on(repository, target)
            found |= self._asked(repository.name, target, listed)
        except Exception as error:
            found["error"] = explained(error)
        return found

    def _asked(self, name: str, target: Restic, listed: list[Found] | None) -> Found:
        """``listed``: the snapshots, where they have just been asked for."""
        if listed is None:
            listed = target.snapshots(timeout=PATIENCE)
        real = snapshots.real(listed)
        shown = [snapshots.described(one, self.runs, self.now) for one in real[-2:]]
        folders = self.folders(name, target, real[-1]["id"]) if real else {}
        return {
            "reachable": True,
            "snapshots": len(real),
            "newest": shown[-1] if shown else None,
            "previous": shown[0] if len(shown) > 1 else None,
            "oldest": snapshots.described(real[0], self.runs, self.now) if real else None,
            "folders": folders,
            "missing_folders": [one for one in self._config.folders if folders.get(one) is None],
            "future": snapshots.future(listed, self.now)[: snapshots.MOST_SHOWN],
        }

    def folders(self, name: str, target: Restic, snapshot: str) -> dict[str, int | None]:
        """Declared folder -> entries directly in it, in the snapshot; None: it is not there."""
        known, wanted = self.contents.get(name, {}), self._config.folders
        if known.get("snapshot") != snapshot or list(known["folders"]) != sorted(wanted):
            counted = _counted(target, snapshot, wanted)
            known = {"snapshot": snapshot, "folders": dict(sorted(counted.items()))}
            self.contents[name] = known
        return dict(known["folders"])


def _counted(target: Restic, snapshot: str, folders: Sequence[str]) -> dict[str, int | None]:
    if not folders:
        return {}
    answer = target.must("ls", "--json", "--no-lock", snapshot, "--", *folders, timeout=PATIENCE)
    return count_entries(answer.out.splitlines(), folders)


def count_entries(lines: Sequence[str], folders: Sequence[str]) -> dict[str, int | None]:
    """From the lines of ``restic ls --json``: the folder itself, then what is in it."""
    counted: dict[str, int | None] = dict.fromkeys(folders)
    for line in lines:
        node = json.loads(line)
        if node.get("struct_type") != "node":
            continue
        if node["path"] in counted:
            counted[node["path"]] = counted[node["path"]] or 0
        parent = node["path"].rpartition("/")[0]
        if parent in counted:
            counted[parent] = (counted[parent] or 0) + 1
    return counted


def lines(found: Found) -> list[str]:
    """The answer in words."""
    said = []
    for one in found["repositories"]:
        if one["kind"] == "disk":
            copied = one["last_copy"]["time"] if one["last_copy"] else "never"
            plugged = "attached" if one["attached"] else "not attached"
            said.append(f"{one['name']}: {plugged}, last copy {copied}")
        elif one["error"]:
            said.append(f"{one['name']}: {one['error']}")
        else:
            newest = one["newest"]["time"] if one["newest"] else "none"
            said.append(f"{one['name']}: {one['snapshots']} snapshots, newest {newest}")
            said += [f"{one['name']}: not in it: {folder}" for folder in one["missing_folders"]]
        if "try_delete" in one:
            said.append(in_words(one["name"], one["try_delete"]))
    for one in found["served"]:
        said.append(f"for {one['client']}: {one['error'] or str(one['snapshots']) + ' snapshots'}")
    return said
