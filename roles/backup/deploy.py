"""pyinfra: the backup room."""

from collections.abc import Iterator
from typing import Any

from pyinfra import host
from pyinfra.api import deploy
from pyinfra.api.operation import OperationMeta

from socle.apply import (
    Guard,
    Observed,
    absent_file,
    command_on_change,
    confirm,
    observed,
    packages,
    reload_ssh,
    resolved_host,
    static,
    static_tree,
    template,
    unit,
)
from socle.baseline.model import Host

PROGRAM = "/usr/local/lib/socle/backup"
LAUNCHER = "/usr/local/sbin/socle-backup"
UNITS = "/etc/systemd/system"
USERS = "/etc/sysusers.d/socle-backup.conf"
FOLDERS = "/etc/tmpfiles.d/socle-backup.conf"
KEYS = "/etc/ssh/authorized_keys.d/socle-backup"
SSHD = "/etc/ssh/sshd_config.d/20-socle-backup.conf"
UDEV = "/etc/udev/rules.d/70-socle-backup.rules"


def preflight(host: Host, _seen: Observed) -> Iterator[str]:
    """Copies without the passwords and keys that they need."""
    if missing := host.settings["backup_missing"]:
        yield (
            f"no {', no '.join(missing)}. "
            "Make passwords with: socle backup passwords inventories/PRACTICE"
        )


@deploy("Backup")
def backup() -> None:
    """Copies in the idle window, on servers that only take, on disks that are let go."""
    settings = resolved_host().settings
    client = any(one["online"] for one in settings["backup_targets"])
    server = bool(settings["backup_clients"])
    disks = bool(settings["backup_disks"])
    packages(present=settings["backup_packages"])
    service = program(client or server or disks)
    access(client and bool(settings["backup_private_key"]))
    keeper(server)
    units = [service, offline(disks)]
    units += timers({"run": client, "check": client, "restore-test": client, "prune": server})
    command_on_change("systemctl daemon-reload", when=units)


def program(wanted: bool) -> OperationMeta:
    """The program, what it is told, and its service."""
    static_tree(PROGRAM, present=wanted)
    static(LAUNCHER, mode="755") if wanted else absent_file(LAUNCHER)
    file(wanted, "/etc/socle/backup.json", mode="600")
    file(wanted, "/etc/socle/backup-secrets.json", mode="600", secret=True)
    return file(wanted, f"{UNITS}/socle-backup@.service")


def access(wanted: bool) -> None:
    """The way to the servers: this machine's key, and the servers' own."""
    file(wanted, "/etc/socle/backup_ed25519", mode="600", secret=True)
    file(wanted, "/etc/socle/backup_known_hosts")


def keeper(wanted: bool) -> None:
    """A backup server's account, folders, and the keys that may add to them."""
    drifted = observed().rooms.get("backup", ())
    users, folders = file(wanted, USERS), file(wanted, FOLDERS)
    command_on_change(
        f"systemd-sysusers {USERS} && usermod --shell /bin/sh socle-backup",
        when=[users] if wanted else [],
        or_when="drifted account" in drifted,
    )
    command_on_change(
        f"systemd-tmpfiles --create {FOLDERS}",
        when=[folders] if wanted else [],
        or_when="drifted folders" in drifted,
    )
    file(wanted, KEYS)
    guard = Guard(paths=[SSHD])
    sshd = file(wanted, SSHD, validate="sshd -t -f", guard=guard)
    reload_ssh(when=[sshd], guard=guard)
    confirm(guard)


def offline(wanted: bool) -> OperationMeta:
    """A declared disk that is plugged in starts its copy."""
    rules = file(wanted, UDEV)
    command_on_change("! command -v udevadm >/dev/null || udevadm control --reload", when=[rules])
    return file(wanted, f"{UNITS}/socle-backup-offline@.service")


def timers(wanted: dict[str, bool]) -> list[OperationMeta]:
    """What happens when nobody is consulting."""
    files = []
    for verb, needed in host.loop(list(wanted.items())):
        name = "socle-backup.timer" if verb == "run" else f"socle-backup-{verb}.timer"
        if needed:
            files.append(template(f"{UNITS}/{name}"))
            unit(name, reload_when=files[-1:])
        else:
            unit(name, enabled=False, running=False)
            files.append(absent_file(f"{UNITS}/{name}"))
    return files


def file(wanted: bool, path: str, **how: Any) -> OperationMeta:
    """The room's file where it is wanted, no file where not."""
    return template(path, **how) if wanted else absent_file(path, guard=how.get("guard"))
