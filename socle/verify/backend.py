"""testinfra's host on top of a link: the checks' ``host``."""

from __future__ import annotations

from typing import Any

from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host as TestinfraHost

from socle.verify.links import Link
from socle.verify.questions import TIME_LIMIT


class LinkBackend(BaseBackend):  # type: ignore[misc]  # testinfra ships no types
    """Runs testinfra's commands over the one connection, as root, for a limited time.

    ``host.run(command, *quoted, timeout=60)`` grants a slow command more seconds. What depends on
    what the check did just before says so, ``live=True``: all else may have been asked ahead.
    """

    NAME = "socle"

    def __init__(self, link: Link) -> None:
        """Speak through ``link``."""
        super().__init__(link.target.name)
        self.link = link

    def run(self, command: str, *args: str, **kwargs: Any) -> CommandResult:
        """Run a command; its answer, whatever its exit status."""
        words = self.get_command(command, *args)
        answer = self.link.run(
            words, kwargs.get("timeout", TIME_LIMIT), live=kwargs.get("live", False)
        )
        return self.result(answer.code, words.encode(), answer.stdout, answer.stderr)

    def get_sudo_command(self, command: str, sudo_user: str | None) -> str:
        """``with host.sudo("USER")``: commands are root's already, so only a user needs a word."""
        if sudo_user is None:
            return command
        return str(self.quote("runuser -u %s -- /bin/sh -c %s", sudo_user, command))

    def decode(self, data: bytes) -> str:
        """Text, whatever it is: an account names its processes and files as it likes."""
        return data.decode(errors="backslashreplace")

    def get_encoding(self) -> str:
        """Every command runs in C.UTF-8: no need to ask the host."""
        return "UTF-8"


def testinfra_host(link: Link) -> TestinfraHost:
    """The checks' ``host`` for a link."""
    backend = LinkBackend(link)
    host = TestinfraHost(backend)
    backend.set_host(host)
    return host
