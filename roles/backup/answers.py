"""Backups as a check sees them: what the repositories themselves answer, and who signed what."""

from __future__ import annotations

import base64
import json
import re
import shlex
import subprocess
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from socle.baseline.known_hosts import host_keys
from socle.baseline.model import Host
from socle.messages import Message, message
from socle.verify.checks import Unknown

PROGRAM = "/usr/local/sbin/socle-backup"
NAMESPACE = "socle-restore-test"
EVIDENCE = "/var/lib/socle/evidence/restore-tests"
PATIENCE = 150
"""Seconds for an answer; each repository has half a minute for each of three questions."""
_LARGEST = 4 << 20  # characters of it; some thousand are usual
UNJUDGED = "cannot be judged"
"""With it a reason begins where a client, or restic, has handed over what has no meaning."""
NETWORK = ("does not answer", "refuses the connection", "was cut", UNJUDGED)
"""Reasons that say nothing of the copies themselves."""

Found = Mapping[str, Any]


def status(host: Any) -> Found:
    """What the repositories of ``host`` hold, and whether its servers let it delete.

    The answer of ``socle-backup status --try-delete --json``, whatever its exit code. Raises
    Unknown where there is none.
    """
    answer = host.run(f"{PROGRAM} status --try-delete --json", timeout=PATIENCE)
    if len(answer.stdout) > _LARGEST:
        raise Unknown("socle-backup status: its answer is too large")
    try:
        found = json.loads(answer.stdout)
    except (ValueError, RecursionError):
        said = (answer.stderr or answer.stdout).strip().splitlines()
        last = said[-1][:300] if said else message("no answer")
        raise Unknown(message("socle-backup status: {said}", said=last)) from None
    if not isinstance(found, dict):
        raise Unknown("socle-backup status: not the expected answer")
    return found


def told(host: Any) -> Found:
    """What the program on ``host`` has been told: where it really sends copies."""
    answer = host.run("cat /etc/socle/backup.json")
    if answer.rc != 0:
        raise Unknown("/etc/socle/backup.json cannot be read: nothing says where copies go")
    found: Found = json.loads(answer.stdout)
    return found


def age(text: str, now: str) -> timedelta:
    """How old a moment is by the host's own clock; both as the program writes them."""
    return datetime.fromisoformat(now) - datetime.fromisoformat(text)


def in_words(span: timedelta) -> Message:
    """``3 hours``, ``12 days``."""
    hours = span.total_seconds() / 3600
    if hours < 72:  # noqa: PLR2004
        return message("{n} hours", n=round(hours))
    return message("{n} days", n=round(hours / 24))


def in_container(host: Any) -> bool:
    """Whether the machine has no disks of its own to look at."""
    return bool(host.run("systemd-detect-virt --container --quiet").rc == 0)


def devices(host: Any, paths: Iterable[str]) -> dict[str, str]:
    """Path -> number of the file system's device; a path that does not exist is left out."""
    words = shlex.join(paths)
    lines = host.run(f"stat --format='%d %n' -- {words} 2>/dev/null").stdout.splitlines()
    return {path: device for device, _, path in (line.partition(" ") for line in lines)}


def filled(host: Any, folders: Iterable[str]) -> set[str]:
    """The folders that hold something now. No name of a file leaves the machine."""
    script = 'for f; do [ -z "$(ls -A "$f" 2>/dev/null | head -c1)" ] || echo "$f"; done'
    words = shlex.join(["sh", "-c", script, "sh", *folders])
    return set(host.run(words).stdout.splitlines())


def presented_keys(host: Any, address: str, port: int) -> set[str]:
    """The SSH host keys with which a server answers ``host``; empty when it does not."""
    lines = host.run(f"ssh-keyscan -T 5 -p {port} -- {shlex.quote(address)} 2>/dev/null").stdout
    return {line.split(" ", 1)[1] for line in lines.splitlines() if line[:1] not in {"", "#"}}


def host_key(host: Any, target: Host) -> str | None:
    """The machine's own ed25519 key as the operator knows it; None when he does not.

    On the operator's own computer nobody else knows it: there it is the machine's word.
    """
    if target.connection.method == "local":
        words = host.run("cat /etc/ssh/ssh_host_ed25519_key.pub").stdout.split()
        return " ".join(words[:2]) or None
    known = [key for key in host_keys(target.connection) if key.startswith("ssh-ed25519 ")]
    return known[0] if known else None


def restore_test(host: Any, repository: str) -> tuple[bytes, bytes]:
    """The newest restore test of a repository and its signature, as they stand on the machine."""
    if not re.fullmatch(r"[a-z0-9-]+", repository):
        raise ValueError(repository)
    script = (
        f"cd {EVIDENCE} 2>/dev/null || exit 0\n"
        f"file=$(ls | grep -E 'Z-{repository}[.]json$' | sort | tail -n 1)\n"
        '[ -z "$file" ] || { base64 -w0 "$file"; echo; base64 -w0 "$file.sig" 2>/dev/null; }'
    )
    record, _, signature = host.run(script).stdout.partition("\n")
    return base64.b64decode(record), base64.b64decode(signature.strip())


def signed_by(key: str, record: bytes, signature: bytes) -> bool:
    """Whether the owner of the SSH ``key`` signed exactly this record as a restore test."""
    with TemporaryDirectory() as folder:
        signers, file = Path(folder, "signers"), Path(folder, "signature")
        signers.write_text(f"host {key}\n", encoding="utf-8")
        file.write_bytes(signature)
        words = ["-f", str(signers), "-I", "host", "-n", NAMESPACE, "-s", str(file)]
        done = subprocess.run(
            ["ssh-keygen", "-Y", "verify", *words], input=record, capture_output=True, check=False
        )
    return done.returncode == 0


# The timers, then for each of their next moments (microseconds) the machine's local time.
_NEXT = r"""
listed=$(systemctl list-timers --all --output=json) || exit
printf '%s\n' "$listed"
printf '%s' "$listed" | grep -o '"next":[1-9][0-9]*' | cut -d: -f2 | sort -u |
while read -r moment; do
    date --date="@$((moment / 1000000))" "+$moment %Y-%m-%dT%H:%M:%S"
done
"""


def next_start(host: Any, timer: str) -> datetime | None:
    """When a timer fires next, in the machine's local time; None when it does not."""
    listed, *moments = host.run(_NEXT).stdout.splitlines()
    at = next((str(t["next"]) for t in json.loads(listed) if t["unit"] == timer), "")
    local = dict(line.split(" ") for line in moments)
    return datetime.fromisoformat(local[at]) if at in local else None
