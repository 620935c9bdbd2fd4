"""``socle-backup try-delete``: with the client's own credentials, try to remove what must stay.

::

    {"repositories": [{"name": "serveur", "refused": true | false | null, "error": null,
        "attempts": {"forget": "refused", "shell": "refused", "sftp": "refused"}}]}

An attempt ends ``refused``, ``succeeded`` or ``unknown``. ``refused`` is null where one is unknown
and none succeeded; it says nothing of repositories in folders: who is root there can delete.

Only a canary is at risk: a small snapshot of its own that is made for this. A shell and sftp are
asked for a word or a listing; they remove nothing.
"""

from __future__ import annotations

import json
import secrets as chance
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from backup import paths, snapshots, state
from backup.config import Config, Repository, Secrets
from backup.errors import BackupError
from backup.restic import Restic, open_repository, ssh_command
from backup.stale import unlocked

PATIENCE = 60.0
SSH_SECONDS = 15.0
_ABSENT = 'ignoring "'
_NAMED = 16
"""Characters of an id: restic looks for a part of one, and tries to load a whole one for long."""


def try_delete(config: Config, secrets: Secrets, only: tuple[str, ...] = ()) -> dict[str, Any]:
    """Try on every append-only server (or on those of ``only``), side by side."""
    servers = [one for one in config.online(only) if one.kind == "server"]
    known = state.read(paths.CANARIES, {})
    with ThreadPoolExecutor(max_workers=max(1, len(servers))) as pool:
        jobs = [pool.submit(_one, one, config, secrets, known) for one in servers]
    state.write(paths.CANARIES, known)
    return {"repositories": [job.result() for job in jobs]}


def verdict(attempts: dict[str, str]) -> bool | None:
    """Whether everything was refused; None where that is not known."""
    if "succeeded" in attempts.values():
        return False
    return None if "unknown" in attempts.values() else True


def _one(
    repository: Repository, config: Config, secrets: Secrets, known: dict[str, str]
) -> dict[str, Any]:
    found: dict[str, Any] = {"name": repository.name, "error": None}
    attempts = dict.fromkeys(("forget", "shell", "sftp"), "unknown")
    try:
        target = open_repository(repository, secrets.password(repository.name))
        attempts["forget"] = _forget_one(target, config.host, repository.name, known)
        attempts["shell"] = _shell(repository)
        attempts["sftp"] = _sftp(repository)
    except BackupError as error:
        found["error"] = str(error)
    return found | {"refused": verdict(attempts), "attempts": attempts}


def _forget_one(target: Restic, host: str, name: str, known: dict[str, str]) -> str:
    """Try on the canary ``known`` from the last trial, where it is still there; else on another."""
    if name in known:
        found = _forget(target, known[name])
        if found in {"refused", "succeeded"}:
            return found
    known[name] = _canary(target, host)
    found = _forget(target, known[name])
    return "succeeded" if found == "absent" else found


def _canary(target: Restic, host: str) -> str:
    """The id of the newest canary snapshot; one is made if there is none."""
    there = target.snapshots(timeout=PATIENCE)
    canaries = [one["id"] for one in there if snapshots.CANARY in (one.get("tags") or [])]
    if canaries:
        return str(canaries[-1])[:_NAMED]
    file = state.folder(paths.STATE) / "canary-to-delete"
    file.write_text("A backup server must keep this.\n")
    words = ("backup", "--json", "--host", host, "--tag", snapshots.CANARY, "--", str(file))
    answer = target.must(*words, timeout=PATIENCE)
    made = [json.loads(line) for line in answer.out.splitlines() if '"snapshot_id"' in line]
    if not made:
        raise BackupError("no canary snapshot could be made")
    return str(made[-1]["snapshot_id"])[:_NAMED]


def _forget(target: Restic, canary: str) -> str:
    """Whether the snapshot is still there afterwards: restic's exit code does not say.

    ``absent``: it was not there before; a server's retention may have removed it.
    """
    answer = unlocked(target, "forget", canary, timeout=PATIENCE, stop_on="403")
    after = target.run("cat", "snapshot", canary, "--no-lock", timeout=PATIENCE)
    if after.code == 0:
        return "refused" if "403" in answer.err else "unknown"
    if _ABSENT in (answer.err + answer.out).lower():
        return "absent"
    still = {one["id"] for one in target.snapshots(timeout=PATIENCE)}
    return "refused" if any(one.startswith(canary) for one in still) else "succeeded"


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


def lines(found: dict[str, Any]) -> list[str]:
    """The answer in words."""
    words = {True: "refused", False: "NOT refused", None: "unknown"}
    return [
        f"{one['name']}: {words[one['refused']]}"
        + "".join(f", {name} {how}" for name, how in one["attempts"].items())
        + (f": {one['error']}" if one["error"] else "")
        for one in found["repositories"]
    ]
