"""What is expected of the servers and disks that keep copies: who they are, what they refuse."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from roles.backup.answers import Found, devices, presented_keys
from socle.baseline.known_hosts import entry_name
from socle.verify.checks import AGAIN, expect, unknown
from socle.verify.settings import Settings

KEYS = "/etc/ssh/authorized_keys.d/socle-backup"
"""Root's list of the keys that may store copies on a server."""


def medium(host: Any, one: Found) -> str:
    """What the copies lie on, by its own identity. ``one``: as the program is told."""
    if one["kind"] == "disk":
        return f"disk {one['luks_uuid']}"
    if one["kind"] == "folder":
        number = devices(host, [one["path"]]).get(one["path"])
        return f"device {number}"
    keys = presented_keys(host, one["address"], one["port"])
    if not keys:
        unknown(f"{one['name']}: {one['address']} shows no SSH host key")
    return f"server {min(keys)}"


def own_media(host: Any, folders: Sequence[str]) -> set[str]:
    """What the data themselves lie on."""
    keys = host.run("cat /etc/ssh/ssh_host_*_key.pub").stdout.splitlines()
    own = {f"server {' '.join(key.split()[:2])}" for key in keys}
    return own | {f"device {number}" for number in devices(host, folders).values()}


def expect_refused(tried: Found | None, name: str) -> None:
    """The server has refused all that this machine tried with the key that it copies with."""
    if tried is None or tried["refused"] is None:
        unknown(f"{name}: {(tried or {}).get('error') or 'no deletion could be tried'}")
    ways = [way for way, end in tried["attempts"].items() if end == "succeeded"]
    expect(
        tried["refused"],
        seen=f"{name}, with this machine's key: "
        + (f"NOT refused: {', '.join(ways)}" if ways else "deletion, shell and sftp refused"),
        wanted="the server refuses whatever is not adding or reading copies",
        fix=f"on the server too, {AGAIN}",
    )


def expect_no_other_way(host: Any, server: Found) -> None:
    """None of root's other keys opens the storing account."""
    options = "-o BatchMode=yes -o ConnectTimeout=8 -o GlobalKnownHostsFile=/dev/null"
    options += " -o UserKnownHostsFile=/etc/socle/backup_known_hosts"
    where = f"-p {server['port']} {shlex.quote(server['user'] + '@' + server['address'])}"
    answer = host.run(f"ssh {options} {where} 'echo socle-$((6 * 7))' </dev/null || :")
    expect(
        "socle-42" not in answer.stdout,
        seen=f"{server['name']}, with root's own keys: "
        + ("a shell" if "socle-42" in answer.stdout else "no shell"),
        wanted="no way in but the key that only adds",
        fix=f"remove the key from the server: there too, {AGAIN}",
    )


def expect_server_only_takes(host: Any, settings: Settings) -> None:
    """The storing account, as sshd itself sees it: root's list of keys, each tied to its client."""
    words = host.run("sshd -T -C user=socle-backup,host=client,addr=192.0.2.1").stdout.splitlines()
    seen = [line.partition(" ")[2] for line in words if line.startswith("authorizedkeysfile ")]
    expect(
        seen == [KEYS],
        seen=f"sshd takes socle-backup's keys from {', '.join(seen) or 'nowhere'}",
        wanted=f"only from {KEYS}, which is root's",
        fix=AGAIN,
    )
    lines = [x for x in host.run(f"cat {KEYS}").stdout.splitlines() if x and x[0] != "#"]
    strangers = sum(line not in allowed(settings) for line in lines)
    expect(
        not strangers,
        seen=f"{len(lines)} keys may store here, {strangers} of them not as declared",
        wanted="each key of a declared client, tied to rclone --append-only and its own folder",
        fix=AGAIN,
    )


def expect_true_dates(served: Sequence[Found]) -> None:
    """No client has dated its copies so that retention by time would drop the real ones."""
    dated = [one["client"] for one in served if one.get("future") or one.get("misdated")]
    expect(
        not dated,
        seen=f"clients with copies dated wrongly: {', '.join(dated) or 'none'}",
        wanted="none: retention by time would remove the real ones",
        fix="see who set that machine's clock; nothing is removed until this is looked into",
    )


def allowed(settings: Settings) -> set[str]:
    """The lines that may stand in the list of keys."""
    store = settings.backup_store
    command = "rclone serve restic --stdio --append-only"
    return {
        f'restrict,command="{command} {store}/{one["client"]}" {one["key"]} {one["client"]}'
        for one in settings.backup_authorized
    }


def expect_declared_server(host: Any, settings: Settings, one: Found) -> None:
    """The machine that answers at a repository's address is the one that was declared."""
    name = entry_name(one["address"], one["port"])
    known = {
        line.partition(" ")[2]
        for line in settings.backup_known_hosts
        if line.startswith(f"{name} ")
    }
    seen = presented_keys(host, one["address"], one["port"])
    if not seen:
        unknown(f"{one['name']}: {one['address']} shows no SSH host key")
    expect(
        seen & known,
        seen=f"{one['name']}: {one['address']} answers with "
        + ("the declared host key" if seen & known else "another host key"),
        wanted="the declared server",
        fix="find out who answers at this address before anything is sent there",
    )
