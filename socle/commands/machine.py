"""``socle machine``: which machine answers under which name of a practice."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from socle.commands.console import say
from socle.commands.machines import Refused

if TYPE_CHECKING:
    from socle.baseline.model import Host, Practice
    from socle.verify.identity import Identity

app = App(name="machine", help="Which machine answers under which name of a practice.")
UNREACHABLE = 4


@app.command(name="list")
def known(practice: Path) -> int:
    """Show which machines are known, as known_machines has them. Asks no machine.

    Exit code: 0, or 2 the practice's files are wrong.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    """
    from socle.baseline import known_machines, load  # noqa: PLC0415 - `socle --help` needs none

    loaded = load(practice)
    noted = known_machines.read(loaded.folder)
    for name in dict.fromkeys([*loaded.hosts, *noted]):
        gone = "" if name in loaded.hosts else "  (not in hosts.yml)"
        say(f"{name:16} {noted.get(name, 'not met yet')}{gone}")
    return 0


@app.command
def accept(
    practice: Path, host: str, *, yes: Annotated[bool, Parameter(alias="-y", negative="")] = False
) -> int:
    """Say that the machine that answers now is the one that this name means.

    For a machine that was installed anew, replaced, or renamed. The machine is asked which one it
    is; a host key that is not in known_hosts has to be put there first. Changes no machine.
    Exit code: 0 it is known from now on, or was already, 1 you said no, 4 it cannot be asked,
    2 the practice's files or the words are wrong.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    host
        Its name in hosts.yml.
    yes
        Without asking.
    """
    from socle.baseline import known_machines, load  # noqa: PLC0415 - `socle --help` needs none
    from socle.verify.checks import Unreachable  # noqa: PLC0415

    loaded = load(practice)
    if host not in loaded.hosts:
        raise Refused(f"{loaded.name}: expected a host ({', '.join(loaded.hosts)}), read {host}")
    try:
        seen = _asked(loaded.hosts[host])
    except Unreachable as trouble:
        say(str(trouble))
        return UNREACHABLE
    noted = known_machines.read(loaded.folder)
    answers = _identity(loaded, host, seen)
    others = [name for name, one in noted.items() if one == answers and name != host]
    if noted.get(host) == answers and not others:
        say(f"{host}: it is the machine that is known; nothing to do")
        return 0
    say(f"{host} ({loaded.hosts[host].connection.address})")
    say(f"  known:     {noted.get(host, 'none yet')}")
    say(f"  answers:   {answers}, {seen.os_name or 'unknown system'}")
    say(f"  host keys: {' '.join(seen.host_keys) or 'none'}")
    if others:
        say(f"  so far known as {', '.join(others)}, and from now on as {host} alone")
    if not yes and not _agreed():
        return 1
    known_machines.accept(loaded.folder, host, answers)
    say(f"{host}: known from now on. Commit {loaded.folder / known_machines.NAME}")
    return 0


@app.command
def forget(practice: Path, host: str) -> int:
    """Say that a machine has left the practice: its line in known_machines goes.

    Only for a machine that hosts.yml has no longer; else whatever answers there next would be
    believed. Asks and changes no machine: what was applied to it stays there.
    Exit code: 0 it is forgotten, 2 the practice's files or the words are wrong.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    host
        The name under which it is known.
    """
    from socle.baseline import known_machines, load  # noqa: PLC0415 - `socle --help` needs none

    loaded = load(practice)
    if host in loaded.hosts:
        raise Refused(
            f"{host}: expected a machine that hosts.yml has no longer; if another one has taken "
            f"its place: socle machine accept {practice} {host}"
        )
    if not known_machines.forget(loaded.folder, host):
        known = ", ".join(known_machines.read(loaded.folder)) or "there is none"
        raise Refused(f"{loaded.name}: expected a known machine ({known}), read {host}")
    say(f"{host}: no longer known. Commit {loaded.folder / known_machines.NAME}")
    return 0


def _asked(host: Host) -> Identity:
    """What the machine says of itself, whoever it is. Raises Unreachable."""
    from socle.verify.connections import Connections  # noqa: PLC0415

    connections = Connections({host.name: host})
    try:
        connections.link(host.name).open()
        return connections.link(host.name).identity
    finally:
        connections.close()


def _identity(practice: Practice, host: str, seen: Identity) -> str:
    from socle.baseline import about, known_machines  # noqa: PLC0415

    found = known_machines.identity(about.identify(practice.folder), seen.machine_id)
    if found is None:
        raise Refused(f"{host} {known_machines.NAMELESS}")
    return found


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise Refused("expected --yes, or a terminal to ask on")
    return input("Is this the machine that you mean? [y/N] ").strip().lower() in {"y", "yes"}
