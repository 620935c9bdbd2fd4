"""pyinfra: the alerting room."""

from pathlib import Path

from pyinfra.api import deploy
from pyinfra.api.operation import OperationMeta

from socle.apply import (
    command_on_change,
    delivered,
    leave_out,
    managed_files,
    observed,
    packages,
    refuse,
    resolved_host,
    unit,
)

UNITS = "/etc/systemd/system"
PROGRAMS = "/usr/local/lib/socle"
INCOMPLETE = "no alerting_mail_password in secrets.yml for the account of alerting_mail"
UNPACK = Path(__file__).parent / "files/unpack.sh"


@deploy("Alerting")
def alerting() -> None:
    """The machine verifies itself every day, warns, and hands over signed evidence."""
    settings = resolved_host().settings
    wanted = settings["alerting_enabled"]
    if settings["alerting_mails_as_user"] and not settings["alerting_mail_password"]:
        refuse(f"refused before any change: {INCOMPLETE}")
    packages(present=settings["alerting_packages"])
    brought = program(wanted)
    if not wanted:
        unit("socle-watch.timer", enabled=False, running=False)
    files = managed_files("alerting")
    service, timer = files[f"{UNITS}/socle-watch.service"], files[f"{UNITS}/socle-watch.timer"]
    command_on_change("systemctl daemon-reload", when=[service] if wanted else [service, timer])
    if wanted:
        unit("socle-watch.timer", reload_when=[timer])
        # Nobody waits for it: the checks accept a look that is under way.
        command_on_change(
            "systemctl start --no-block socle-watch.service",
            when=[*brought, files["/etc/socle/watch.json"], service],
        )


def program(wanted: bool) -> list[OperationMeta]:
    """What verifies: the archive for this machine's Python, unpacked."""
    seen = dict(line.partition(" ")[::2] for line in observed().rooms.get("alerting", ()))
    if not wanted:
        command = f"rm -rf {PROGRAMS}/verify*"
        return [command_on_change(command, when=[], or_when="left" in seen)]
    if "python" not in seen:
        leave_out(
            "refused before any change: alerting needs python3 on the machine: install it there"
        )
    archive = built(*seen["python"].split(" "))
    digest = archive.name.removeprefix("verify-").removesuffix(".tar.gz")
    unpack = (
        f"mkdir -p {PROGRAMS} && (umask 077 && base64 -d >{PROGRAMS}/.verify-{digest}.tar.gz) &&\n"
        f"set -- {digest}\n{UNPACK.read_text()}"
    )
    missing = seen.get("verify") != digest
    return [delivered(archive.read_bytes, unpack, title="the program that verifies", when=missing)]


def built(python: str, machine: str) -> Path:
    """The archive for a kind of machine; a room that is off imports nothing of it."""
    from socle.watch.portable import build  # noqa: PLC0415

    return build(Path(__file__).parents[2], python, machine)
