"""The machine as its own operator: it is asked without SSH, and it asks nobody else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress

from socle.baseline.model import Host
from socle.messages import message
from socle.verify.checks import Unreachable
from socle.verify.links import LOCAL_PREFIX, Link
from socle.verify.recorder import Recorder


class Here:
    """The links of a verification that a machine makes of itself (`connections.Links`)."""

    def __init__(self, hosts: Mapping[str, Host], name: str) -> None:
        """``name``: which of the ``hosts`` this machine is."""
        self.notebook = Recorder()
        self._own = name
        self._links = {host: Link(one, LOCAL_PREFIX, self.notebook) for host, one in hosts.items()}
        for other, link in self._links.items():
            if other != name:
                said = message("{host}: only the operator looks from another machine", host=other)
                link.pretend_open(Unreachable(said))

    def link(self, name: str) -> Link:
        """The link of a host, opened or not."""
        return self._links[name]

    def open(self, names: Iterable[str]) -> None:  # noqa: ARG002
        """Say who is asked."""
        with suppress(Unreachable):  # the link remembers, each check will say it
            self._links[self._own].open()

    def begin(self, wanted: Mapping[str, Collection[str]]) -> None:
        """Nothing to be done: every question is sent at its time."""

    def turn(self, host: str, control: str) -> None:
        """From now on the questions are those of ``control`` about ``host``."""
        self.notebook.turn(host, control)

    def used(self) -> Mapping[str, Link]:
        """This machine, once it was asked something."""
        return {self._own: self._links[self._own]}

    def close(self) -> None:
        """Nothing to be done."""
