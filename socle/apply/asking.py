"""Questions to the current host and changes of it, as root: what is sent, and what an answer is."""

from __future__ import annotations

import re
from typing import Any

from pyinfra import host as current_host
from pyinfra.api import QuoteString, StringCommand
from pyinfra.api.exceptions import ConnectError

from socle import bounds, harmless
from socle.apply import adapter, current
from socle.apply.output import BROKEN
from socle.apply.root import LONGEST_REASON, NotRun


class Unanswered(Exception):
    """A host did not answer, or its answer was an error. The text is a line for the operator."""

    def __init__(self, text: str) -> None:
        """``text`` may hold the host's own words."""
        super().__init__(harmless.line(text))


def script_command(script: str, *args: str, stdin: str = "", timeout: int = 600) -> StringCommand:
    """A command that runs ``script`` (POSIX sh) with ``args`` as ``$1`` on.

    Args:
        stdin: text for the script; this is where contents belong.
        timeout: seconds after which the command counts as failed.
    """
    words = [QuoteString(word) for word in args]
    return StringCommand("set", "--", *words, f"\n{script}", _stdin=stdin, _timeout=timeout)


class Change(StringCommand):
    """A command that changes its host; if it fails, one line says what, and why not."""

    def __init__(self, command: StringCommand, trying: str) -> None:
        """``trying``: the wish in words that go after "cannot"."""
        super().__init__(*command.bits, **command.connector_arguments)
        self.trying = trying

    def execute(self, *args: Any) -> tuple[bool, adapter.Answer]:
        """Run it for pyinfra, which prints the output that is returned."""
        try:
            ok, output = super().execute(*args)
        except BROKEN as error:
            current.complain(f"cannot {self.trying}: {_broken(error)}")
            return False, adapter.Answer([])
        if ok:
            return True, output
        reason = _said(output)[0]
        current.complain(f"cannot {self.trying}: {reason}")
        return False, adapter.Answer([line for line in output if reason not in line.line])


def ask(script: str, *args: str, timeout: int = 60) -> list[str]:
    """Run a read-only script as root on the current host and return its output lines.

    Raises:
        Unanswered: it failed, or took longer than ``timeout`` seconds.
    """
    return _answer(current_host, script, args, timeout)


def ask_anew(script: str, *args: str, timeout: int = 30) -> list[str]:
    """Like :func:`ask`, over a new connection: proof that one can still get in and become root.

    Raises:
        Unanswered: no connection, no root, or the script failed.
    """
    if current.resolved_host().connection.method == "local":
        return _answer(current_host, script, args, timeout)
    try:
        with adapter.connected_anew() as connector:
            return _answer(connector, script, args, timeout)
    except ConnectError as error:
        raise Unanswered(str(error)) from error


def _answer(connector: Any, script: str, args: tuple[str, ...], timeout: int) -> list[str]:
    command = script_command(script, *args, timeout=timeout)
    try:
        ok, output = connector.run_shell_command(command, **command.connector_arguments)
    except BROKEN as error:
        raise Unanswered(_broken(error)) from error
    if not ok:
        raise Unanswered("; ".join(_said(output)[-3:]))
    return list(output.stdout_lines)


def _broken(error: Exception) -> str:
    """Why a command has no exit status."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, bounds.TooLarge | NotRun):
        return str(error)
    return f"the connection broke ({error or type(error).__name__})"


def _said(output: adapter.Answer) -> list[str]:
    """What a failed command said, the reason first; never empty."""
    said = [line.strip()[:LONGEST_REASON] for line in output.stderr_lines or output.stdout_lines]
    lines = [line for line in said if line]
    for line in reversed(lines):
        if re.match(r"sudo: .*password", line):
            user = current.resolved_host().connection.user
            return [f"sudo refuses {user}: {line.removeprefix('sudo: ')}"]
    telling = [line for line in lines if not line.startswith(("W: ", "sudo: unable to resolve"))]
    telling.sort(key=lambda line: "It is held by process" not in line)  # who holds apt's lock
    return [line.removeprefix("E: ") for line in telling] or ["the host gave no reason"]
