"""Machines of a practice, for commands that start something there and show how it goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from socle.commands.console import warn
from socle.errors import SocleError, short

if TYPE_CHECKING:
    from socle.baseline.model import Host, Practice
    from socle.verify.connections import Connections
    from socle.verify.links import Link

Repeated = Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)]
"""A word of the command line that may be given again: --limit accueil --limit serveur."""


class Refused(SocleError):
    """What was asked cannot be done like this."""


def chosen(practice: Practice, words: Sequence[str]) -> list[Host]:
    """The hosts that the words (hosts or groups, with * and ?) name; all without words."""
    found: set[str] = set() if words else set(practice.hosts)
    for word in words:
        names = practice.named(word)
        if not names:
            known = ", ".join([*practice.hosts, *practice.groups])
            raise Refused(f"{practice.name}: expected a host or group ({known}), read {word}")
        found |= names
    return [host for name, host in practice.hosts.items() if name in found]


@contextmanager
def connected(practice: Practice) -> Iterator[Connections]:
    """Connections to the practice's machines, closed at the end."""
    from socle.baseline.known_machines import KnownMachines  # noqa: PLC0415
    from socle.verify.connections import Connections  # noqa: PLC0415

    connections = Connections(practice.hosts, known=KnownMachines(practice.folder))
    try:
        yield connections
    finally:
        connections.close()
        tell_new(practice, connections.used())


def tell_new(practice: Practice, links: Mapping[str, Link]) -> None:
    """Say which machines were met for the first time."""
    from socle.baseline.known_machines import NAME  # noqa: PLC0415

    new = [name for name, link in links.items() if link.is_new]
    if new:
        file = short(practice.folder / NAME)
        warn(f"{file}: new machines are noted: {', '.join(new)}. Commit this file")
