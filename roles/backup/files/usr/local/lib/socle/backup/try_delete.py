"""``socle-backup status --try-delete``: with the client's own credentials, remove what must stay.

An attempt ends ``refused``, ``succeeded`` or ``unknown``. ``refused`` is null where one is unknown
and none succeeded; it says nothing of repositories in folders: who is root there can delete.

Only a canary is at risk: a small snapshot of its own, which a copy leaves for this; one that is no
longer there is made anew. A shell and sftp are asked for a word or a listing; they remove nothing.
"""

from __future__ import annotations

import json
import secrets as chance
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from backup import locks, paths, snapshots, state
from backup.config import Repository
from backup.errors import BackupError, Busy
from backup.restic import Restic, ssh_command
from backup.snapshots import Listed
from backup.stale import unlocked

PATIENCE = 30.0
MAKING = 60.0
"""Seconds for a new canary: restic may have to fetch the whole index first."""
SSH_SECONDS = 15.0
_ABSENT = 'ignoring "'
_NAMED = 16
"""Characters of an id: restic looks for a part of one, and tries to load a whole one for long."""


@contextmanager
def trial(host: str) -> Iterator[Trial]:
    """Attempts on this ``host``'s servers, while no backup runs."""
    with ExitStack() as held:
        hindrance = None
        try:
            held.enter_context(locks.alone("try-delete", patience=1.0))
        except Busy as busy:
            hindrance = str(busy)
        yield Trial(host, state.read(paths.CANARIES, {}), hindrance)


class Trial:
    """Attempts to delete. ``known``: the canary of each repository."""

    def __init__(self, host: str, known: dict[str, str], hindrance: str | None = None) -> None:
        """``hindrance``: why nothing can be tried."""
        self.known = known
        self._host, self._hindrance = host, hindrance

    def on(
        self, repository: Repository, target: Restic
    ) -> tuple[dict[str, Any], list[Listed] | None]:
        """What came of it on one server, and the snapshots that are there afterwards."""
        attempts = dict.fromkeys(("forget", "shell", "sftp"), "unknown")
        error, listed = self._hindrance, None
        if error is None:
            with ThreadPoolExecutor() as meanwhile:
                ways = {"shell": _shell, "sftp": _sftp}
                jobs = {way: meanwhile.submit(go, repository) for way, go in ways.items()}
                try:
                    attempts["forget"], listed = self.forget(repository.name, target)
                except BackupError as trouble:
                    error = str(trouble)
                except OSError as trouble:
                    error = trouble.strerror
            attempts |= {way: job.result() for way, job in jobs.items()}
        return {"refused": verdict(attempts), "error": error, "attempts": attempts}, listed

    def forget(self, name: str, target: Restic) -> tuple[str, list[Listed]]:
        """On the canary of the last trial, where it is still there; else on another."""
        if name in self.known:
            found, listed = _forget(target, self.known[name])
            if found != "absent":
                return found, listed
        else:
            listed = target.snapshots(timeout=PATIENCE)
        self.known[name] = canary(target, self._host, listed)
        found, listed = _forget(target, self.known[name])
        return "succeeded" if found == "absent" else found, listed


def verdict(attempts: dict[str, str]) -> bool | None:
    """Whether everything was refused; None where that is not known."""
    if "succeeded" in attempts.values():
        return False
    return None if "unknown" in attempts.values() else True


def canary(target: Restic, host: str, listed: list[Listed]) -> str:
    """The id of the newest canary snapshot; one is made if there is none."""
    there = [one["id"] for one in listed if snapshots.CANARY in (one.get("tags") or [])]
    if there:
        return str(there[-1])[:_NAMED]
    file = state.folder(paths.RUNTIME) / "canary-to-delete"
    file.write_text("A backup server must keep this.\n")
    words = ("backup", "--json", "--host", host, "--tag", snapshots.CANARY, "--", str(file))
    answer = target.must(*words, timeout=MAKING)
    made = [json.loads(line) for line in answer.out.splitlines() if '"snapshot_id"' in line]
    if not made:
        raise BackupError("no canary snapshot could be made")
    return str(made[-1]["snapshot_id"])[:_NAMED]


def _forget(target: Restic, named: str) -> tuple[str, list[Listed]]:
    """Whether the snapshot is still listed afterwards: restic's exit code does not say.

    ``absent``: it was not there before; a server's retention may have removed it.
    """
    answer = unlocked(target, "forget", named, timeout=PATIENCE, stop_on="403")
    listed = target.snapshots(timeout=PATIENCE)
    if any(one["id"].startswith(named) for one in listed):
        return ("refused" if "403" in answer.err else "unknown"), listed
    absent = _ABSENT in (answer.err + answer.out).lower()
    return ("absent" if absent else "succeeded"), listed


def _shell(repository: Repository) -> str:
    """Whether the server runs a command that the client chooses."""
    word = chance.token_hex(8)
    done = _ssh([*ssh_command(repository).split(), f"printf %s-%s socle {word}"])
    if done is None:
        return "unknown"
    return "succeeded" if f"socle-{word}" in done.stdout else "refused"


def _sftp(repository: Repository) -> str:
    """Whether the server gives access to files: then it says its protocol's version (2)."""
    done = _ssh([*ssh_command(repository).split(), "-s", "sftp"], stdin="\0\0\0\5\1\0\0\0\3")
    if done is None:
        return "unknown"
    return "succeeded" if done.stdout[4:5] == "\2" else "refused"


def _ssh(words: list[str], stdin: str = "") -> subprocess.CompletedProcess[str] | None:
    try:
        done = subprocess.run(
            words,
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SSH_SECONDS,
            check=False,
        )
    except (subprocess.TimeoutExpired, FileNotFoundError):
        return None
    no_connection = done.returncode == 255 and not done.stdout  # noqa: PLR2004
    return None if no_connection else done


def in_words(name: str, found: dict[str, Any]) -> str:
    """What came of it on the server ``name``, in words."""
    words = {True: "refused", False: "NOT refused", None: "unknown"}
    said = [f"{name}: deletion {words[found['refused']]}"]
    said += [f"{way} {end}" for way, end in found["attempts"].items()]
    return ", ".join(said) + (f": {found['error']}" if found["error"] else "")
