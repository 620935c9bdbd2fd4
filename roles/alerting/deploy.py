"""pyinfra: the alerting room."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pyinfra.api import deploy
from pyinfra.api.operation import OperationMeta

from socle.apply import (
    Observed,
    command_on_change,
    delivered,
    managed_files,
    observed,
    packages,
    resolved_host,
    unit,
)
from socle.baseline.model import Host
from socle.errors import SocleError

UNITS = "/etc/systemd/system"
PROGRAMS = "/usr/local/lib/socle"
UNPACK = Path(__file__).parent / "files/unpack.sh"


def preflight(host: Host, seen: Observed) -> Iterator[str]:
    """An account without its password; a machine on which nothing of ours can verify."""
    if not host.settings["alerting_enabled"]:
        return
    mail = host.settings["alerting_mail"] or {}
    if mail.get("user") and not host.settings["alerting_mail_password"]:
        yield "no alerting_mail_password in secrets.yml for the account of alerting_mail"
    if not (python := answers(seen).get("python")):
        yield "alerting needs python3 on the machine: install it there"
        return
    try:
        built(*python.split(" "))
    except SocleError as reason:
        yield str(reason)


@deploy("Alerting")
def alerting() -> None:
    """The machine verifies itself every day, warns, and hands over signed evidence."""
    settings = resolved_host().settings
    wanted = settings["alerting_enabled"]
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
    seen = answers(observed())
    if not wanted:
        command = f"rm -rf {PROGRAMS}/verify*"
        return [command_on_change(command, when=[], or_when="left" in seen)]
    archive = built(*seen["python"].split(" "))
    digest = archive.name.removeprefix("verify-").removesuffix(".tar.gz")
    unpack = (
        f"mkdir -p {PROGRAMS} && (umask 077 && base64 -d >{PROGRAMS}/.verify-{digest}.tar.gz) &&\n"
        f"set -- {digest}\n{UNPACK.read_text()}"
    )
    missing = seen.get("verify") != digest
    return [delivered(archive.read_bytes, unpack, title="the program that verifies", when=missing)]


def answers(seen: Observed) -> dict[str, str]:
    """What the room's probe.sh said: the first word of each line, and the rest."""
    return dict(line.partition(" ")[::2] for line in seen.rooms.get("alerting", ()))


@cache
def built(python: str, machine: str) -> Path:
    """The archive for a kind of machine; a room that is off imports nothing of it.

    Raises SocleError where it cannot be built.
    """
    from socle.watch.portable import build  # noqa: PLC0415

    return build(Path(__file__).parents[2], python, machine)
