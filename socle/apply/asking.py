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

STDIN_MARK = "socle-stdin"
BEGIN = bounds.BEGIN.decode().rstrip()
LONGEST_REASON = 300  # characters


class Unanswered(Exception):
    """A host did not answer, or its answer was an error. The text is a line for the operator."""

    def __init__(self, text: str) -> None:
        """``text`` may hold the host's own words."""
        super().__init__(harmless.line(text))


def command_as_root(script: str, *args: str, stdin: str = "", timeout: int = 600) -> StringCommand:
    """A command that runs ``script`` (POSIX sh) as root, ``args`` as ``$1`` on.

    A sudo password goes by standard input, never into a command line or an environment that
    another account could read. sudo reads it only when it wants one, so the script skips all up
    to a mark.

    Args:
        stdin: text for the script; this is where contents belong.
        timeout: seconds after which the command counts as failed.
    """
    connection = current.resolved_host().connection
    prefix = ["sudo", "-n", "--"] if connection.become else []
    if connection.become and connection.become_password is not None:
        prefix = ["sudo", "-S", "-k", "-p", "''", "--"]
        script = f'while read -r l && [ "$l" != {STDIN_MARK} ]; do :; done\n{script}'
        # No mark where nothing follows: sudo would try it as the next password.
        stdin = f"{connection.become_password}\n" + (f"{STDIN_MARK}\n{stdin}" if stdin else "")
    words = [QuoteString(word) for word in (script, "socle", *args)]
    return StringCommand(*prefix, "sh", "-c", *words, _stdin=stdin, _timeout=timeout)


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
    return _answer(current_host.connector, script, args, timeout)


def ask_anew(script: str, *args: str, timeout: int = 30) -> list[str]:
    """Like :func:`ask`, over a new connection: proof that one can still get in and become root.

    Raises:
        Unanswered: no connection, no root, or the script failed.
    """
    if current.resolved_host().connection.method == "local":
        return _answer(current_host.connector, script, args, timeout)
    try:
        with adapter.connected_anew() as connector:
            return _answer(connector, script, args, timeout)
    except ConnectError as error:
        raise Unanswered(str(error)) from error


def _answer(connector: Any, script: str, args: tuple[str, ...], timeout: int) -> list[str]:
    """The lines that a script printed, without what a login shell says before it."""
    command = command_as_root(bounds.SAY_BEGIN + script, *args, timeout=timeout)
    arguments = dict(command.connector_arguments)
    try:
        ok, output = connector.run_shell_command(StringCommand(*command.bits), **arguments)
    except BROKEN as error:
        raise Unanswered(_broken(error)) from error
    if not ok:
        raise Unanswered("; ".join(_said(output)[-3:]))
    lines = list(output.stdout_lines)
    for number, line in enumerate(lines, start=1):
        if line.endswith(BEGIN):
            return lines[number:]
    said = lines[0][:LONGEST_REASON] if lines else "nothing"
    raise Unanswered(f"it does not run what it is asked, but answers: {said}")


def _broken(error: Exception) -> str:
    """Why a command has no exit status."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, bounds.TooLarge):
        return str(error)
    return f"the connection broke ({error or type(error).__name__})"


def _said(output: adapter.Answer) -> list[str]:
    """What a failed command said, the reason first; never empty."""
    said = [line.strip()[:LONGEST_REASON] for line in output.stderr_lines or output.stdout_lines]
    lines = [line for line in said if line and not line.endswith(BEGIN)]
    for line in reversed(lines):
        if re.match(r"sudo: .*password", line):
            user = current.resolved_host().connection.user
            return [f"sudo refuses {user}: {line.removeprefix('sudo: ')}"]
    telling = [line for line in lines if not line.startswith(("W: ", "sudo: unable to resolve"))]
    telling.sort(key=lambda line: "It is held by process" not in line)  # who holds apt's lock
    return [line.removeprefix("E: ") for line in telling] or ["the host gave no reason"]
