"""Steps in a machine of a lab that have to succeed."""

from __future__ import annotations

from socle.lab.errors import LabError
from socle.lab.practice import run
from socle.lab.spec import Lab

INSTALL_SECONDS = 600.0
SECONDS = 60.0


def do(lab: Lab, machine: str, command: str, stdin: str = "", seconds: float = SECONDS) -> str:
    """Run a command as root in a machine; its output. ``LabError`` when it fails."""
    done = run(lab, machine, command, stdin, seconds)
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip())[-300:]
        raise LabError(f"{machine}: {command.splitlines()[0]}: {last}")
    return done.stdout


def install(lab: Lab, machine: str, *packages: str) -> None:
    """Have Debian packages on a machine; nothing to do where they are there. ``LabError``.

    Lists of packages are only asked for again where the ones of the image lead nowhere.
    """
    names = " ".join(packages)
    there = f"dpkg-query -W -f '${{Status}}\\n' {names} 2>/dev/null | grep -c 'ok installed'"
    get = f"apt-get install -qq --no-install-recommends {names}"
    do(
        lab,
        machine,
        f"[ $({there}) = {len(packages)} ] || {get} || {{ apt-get update -qq && {get}; }}",
        seconds=INSTALL_SECONDS,
    )
