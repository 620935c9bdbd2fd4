"""Vantage points: what a host's ports look like from the operator's computer or another host."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from testinfra.host import Host as TestinfraHost

from socle.baseline.model import Host
from socle.errors import SocleError
from socle.messages import Message, message, verbatim
from socle.verify.backend import testinfra_host
from socle.verify.checks import Unknown, Unreachable
from socle.verify.links import Link
from socle.verify.looks import Endpoint, look, question, read
from socle.verify.probe import AT_ONCE
from socle.verify.questions import HERE, TIME_LIMIT, Answer, Notebook, Question, Straight
from socle.verify.settings import Settings
from socle.verify.verdicts import State


class Vantage:
    """A place to look from. ``name`` says which, in words for a message.

    A managed host's own firewall refuses what leaves it undeclared: any state but ``open`` seen
    from there says nothing of the other end unless its own flows let the connection out. A check
    that looks from a host reads ``settings`` (its flows) or ``target`` and chooses; from the
    operator's computer both are None.
    """

    def __init__(
        self,
        name: str,
        watched: Host,
        link: Link | None = None,
        notebook: Notebook | None = None,
    ) -> None:
        """Look at ``watched`` through ``link``, or from this computer without one.

        ``notebook``: what comes first with every look from this computer.
        """
        self.name = name
        self.target = None if link is None else link.target
        self.settings = None if link is None else Settings(link.target)
        self._watched = watched
        self._link = link
        self._notebook = notebook or Straight()

    @property
    def host(self) -> TestinfraHost:
        """The vantage host itself, as root: what it says of the one that is watched.

        Raises Unknown from the operator's computer, where nothing is run.
        """
        if self._link is None:
            raise Unknown(message("{place} is not one of the practice's machines", place=self.name))
        return testinfra_host(self._link)

    def tcp(self, endpoints: Iterable[Endpoint], timeout: float = 1.0) -> dict[Endpoint, State]:
        """Try to connect to each (address, port) at once; ``timeout`` in seconds for each.

        Raises Unknown where nothing can be seen from here: the watched host is this very
        computer, there is no route, or the vantage host cannot be asked.
        """
        wanted = list(dict.fromkeys(endpoints))
        self._refuse_to_watch_itself()
        link = self._link
        if link is None:
            asked = question(wanted, timeout)
            seen = read(self._notebook.ask(asked, lambda: look(asked)))
        else:
            seen = _from_link(link, wanted, timeout)
        return {endpoint: self._state(endpoint, seen.get(endpoint)) for endpoint in wanted}

    def kept(self, what: str, read: Callable[[], str]) -> str:
        """What the operator keeps about the practice; ``read`` says it, once, unless a bundle does.

        ``what``: which of it, always in the same words. It is never asked ahead. Raises Unknown
        where it cannot be read, or a bundle does not hold it.
        """
        asked = Question(HERE, "look", what)
        return self._notebook.ask(asked, lambda: _said(read), live=True).stdout.decode()

    def _refuse_to_watch_itself(self) -> None:
        if self.target is not None and self.target.name == self._watched.name:
            raise Unknown(message("{place} cannot see itself as others do", place=self.name))
        stands_here = self.target is None or self.target.connection.method == "local"
        if stands_here and self._watched.connection.method == "local":
            raise Unknown(
                message(
                    "{host} is this very computer: what others can reach on it "
                    "can only be seen from another machine",
                    host=self._watched.name,
                )
            )

    def _state(self, endpoint: Endpoint, word: str | None) -> State:
        if word in set(State):
            return State(word)
        raise Unknown(
            message(
                "{place} cannot look at {address} port {port}: {reason}",
                place=self.name,
                address=endpoint[0],
                port=endpoint[1],
                reason=Message("no answer") if word is None else word.removeprefix("unseen:"),
            )
        )


def _said(read: Callable[[], str]) -> Answer:
    try:
        return Answer(0, read().encode(), b"")
    except SocleError as trouble:
        raise Unknown(verbatim(trouble)) from None


def _from_link(link: Link, endpoints: list[Endpoint], timeout: float) -> dict[Endpoint, str]:
    """The same, by one command on a host, as the login: no one needs root to connect."""
    rounds = math.ceil(len(endpoints) / AT_ONCE)
    try:
        answer = link.script(_script(endpoints, timeout), TIME_LIMIT + 4 * rounds * timeout)
    except Unreachable as trouble:  # of the vantage, not of the host that is watched
        raise Unknown(message("nothing to look from: {trouble}", trouble=trouble.reason)) from None
    if answer.code != 0:
        raise Unknown(
            message(
                "looking from {host} failed ({code}): {said}",
                host=link.target.name,
                code=answer.code,
                said=answer.stderr.decode(errors="replace").strip(),
            )
        )
    return read(answer)


def _script(endpoints: list[Endpoint], timeout: float) -> str:
    words = [f"{timeout:g}", *(word for a, p in endpoints for word in (a, str(p)))]
    python, bash = _probes()
    return (
        f"set -- {shlex.join(words)}\n"
        "if command -v python3 >/dev/null; then\n"
        f"python3 -I - \"$@\" <<'SOCLE_PROBE'\n{python}SOCLE_PROBE\n"
        "else\n"
        f"bash -s -- \"$@\" <<'SOCLE_PROBE'\n{bash}SOCLE_PROBE\n"
        "fi\n"
    )


@cache
def _probes() -> tuple[str, str]:
    here = Path(__file__).parent
    return (here / "probe.py").read_text(), (here / "probe.sh").read_text()
