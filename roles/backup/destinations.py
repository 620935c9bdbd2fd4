"""What is expected of the servers and disks that keep copies: who they are, what they refuse."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from roles.backup.answers import UNJUDGED, Found, devices, presented_keys
from socle.baseline.known_hosts import entry_name
from socle.messages import message
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
    return f"server {min(_shown_keys(host, one))}"


def _shown_keys(host: Any, one: Found) -> set[str]:
    """The SSH host keys of a repository's server; ends as unknown where it shows none."""
    keys = presented_keys(host, one["address"], one["port"])
    if not keys:
        unknown(
            message(
                "{repository}: {address} shows no SSH host key",
                repository=one["name"],
                address=one["address"],
            )
        )
    return keys


def own_media(host: Any, folders: Sequence[str]) -> set[str]:
    """What the data themselves lie on."""
    keys = host.run("cat /etc/ssh/ssh_host_*_key.pub").stdout.splitlines()
    own = {f"server {' '.join(key.split()[:2])}" for key in keys}
    return own | {f"device {number}" for number in devices(host, folders).values()}


def expect_refused(tried: Found | None, name: str) -> None:
    """The server has refused all that this machine tried with the key that it copies with."""
    if tried is None or tried["refused"] is None:
        why = (tried or {}).get("error") or message("no deletion could be tried")
        unknown(message("{repository}: {why}", repository=name, why=why))
    ways = [way for way, end in tried["attempts"].items() if end == "succeeded"]
    expect(
        tried["refused"],
        seen=message(
            "{repository}, with this machine's key: NOT refused: {ways}",
            repository=name,
            ways=ways,
        )
        if ways
        else message(
            "{repository}, with this machine's key: deletion, shell and sftp refused",
            repository=name,
        ),
        wanted="the server refuses whatever is not adding or reading copies",
        fix=message("on the server too, {again}", again=AGAIN),
    )


def expect_no_other_way(host: Any, server: Found) -> None:
    """None of root's other keys opens the storing account."""
    options = "-o BatchMode=yes -o ConnectTimeout=8 -o GlobalKnownHostsFile=/dev/null"
    options += " -o UserKnownHostsFile=/etc/socle/backup_known_hosts"
    where = f"-p {server['port']} {shlex.quote(server['user'] + '@' + server['address'])}"
    answer = host.run(f"ssh {options} {where} 'echo socle-$((6 * 7))' </dev/null || :")
    shell = "socle-42" in answer.stdout
    expect(
        not shell,
        seen=message(
            "{repository}, with root's own keys: a shell"
            if shell
            else "{repository}, with root's own keys: no shell",
            repository=server["name"],
        ),
        wanted="no way in but the key that only adds",
        fix=message("remove the key from the server: there too, {again}", again=AGAIN),
    )


def expect_server_only_takes(host: Any, settings: Settings) -> None:
    """The storing account, as sshd itself sees it: root's list of keys, each tied to its client."""
    words = host.run("sshd -T -C user=socle-backup,host=client,addr=192.0.2.1").stdout.splitlines()
    seen = [line.partition(" ")[2] for line in words if line.startswith("authorizedkeysfile ")]
    expect(
        seen == [KEYS],
        seen=message(
            "sshd takes socle-backup's keys from {files}", files=seen or message("nowhere")
        ),
        wanted=message("only from {file}, which is root's", file=KEYS),
        fix=AGAIN,
    )
    lines = [x for x in host.run(f"cat {KEYS}").stdout.splitlines() if x and x[0] != "#"]
    strangers = sum(line not in allowed(settings) for line in lines)
    expect(
        not strangers,
        seen=message(
            "{n} keys may store here, {strangers} of them not as declared",
            n=len(lines),
            strangers=strangers,
        ),
        wanted="each key of a declared client, tied to rclone --append-only and its own folder",
        fix=AGAIN,
    )


def expect_true_dates(served: Sequence[Found]) -> None:
    """No client has dated its copies so that retention by time would drop the real ones."""
    dated = [one["client"] for one in served if one.get("future") or one.get("misdated")]
    expect(
        not dated,
        seen=message(
            "clients with copies dated wrongly: {clients}", clients=dated or message("none")
        ),
        wanted="none: retention by time would remove the real ones",
        fix="see who set that machine's clock; nothing is removed until this is looked into",
    )
    unjudged = [one["client"] for one in served if UNJUDGED in (one.get("error") or "")]
    if unjudged:
        unknown(
            message(
                "what is in the repositories of {clients} cannot be judged: socle-backup prune "
                "tells why",
                clients=unjudged,
            )
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
    seen = _shown_keys(host, one)
    expect(
        seen & known,
        seen=message(
            "{repository}: {address} answers with the declared host key"
            if seen & known
            else "{repository}: {address} answers with another host key",
            repository=one["name"],
            address=one["address"],
        ),
        wanted="the declared server",
        fix="find out who answers at this address before anything is sent there",
    )
