"""pyinfra: the backup room."""

from collections.abc import Iterator

from pyinfra import host
from pyinfra.api import deploy
from pyinfra.api.operation import OperationMeta

from socle.apply import (
    Guard,
    Observed,
    command_on_change,
    confirm,
    managed_files,
    observed,
    packages,
    reload_ssh,
    resolved_host,
    unit,
)
from socle.baseline.model import Host

UNITS = "/etc/systemd/system"
USERS = "/etc/sysusers.d/socle-backup.conf"
FOLDERS = "/etc/tmpfiles.d/socle-backup.conf"
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
    timers = settings["backup_timers"]
    packages(present=settings["backup_packages"])
    for name, wanted in host.loop(list(timers.items())):
        if not wanted:
            unit(name, enabled=False, running=False)
    files = managed_files("backup")
    keeper(files, settings["backup_server"])
    command_on_change(
        "! command -v udevadm >/dev/null || udevadm control --reload", when=[files[UDEV]]
    )
    for name, wanted in host.loop(list(timers.items())):
        if wanted:
            unit(name, reload_when=[files[f"{UNITS}/{name}"]])
    units = [meta for path, meta in files.items() if path.startswith(UNITS)]
    command_on_change("systemctl daemon-reload", when=units)


def keeper(files: dict[str, OperationMeta], wanted: bool) -> None:
    """A backup server's account and folders, and sshd's word on the keys that may add to them."""
    drifted = observed().rooms.get("backup", ())
    command_on_change(
        f"systemd-sysusers {USERS} && usermod --shell /bin/sh socle-backup",
        when=[files[USERS]] if wanted else [],
        or_when="drifted account" in drifted,
    )
    command_on_change(
        f"systemd-tmpfiles --create {FOLDERS}",
        when=[files[FOLDERS]] if wanted else [],
        or_when="drifted folders" in drifted,
    )
    guard = Guard()
    sshd = managed_files("backup", guard=guard)
    reload_ssh(when=[*sshd.values()], guard=guard)
    confirm(guard)
