"""Root: as whom commands run on a host, ours and those of pyinfra's own operations and facts.

pyinfra would show a sudo password in the host's process list. Here it goes by standard input, never
into a command line or an environment that another account could read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyinfra.api import QuoteString, StringCommand

from socle import bounds
from socle.baseline.model import Connection

BEGIN = bounds.BEGIN.decode().rstrip()
_STDIN_MARK = "socle-stdin"
_SKIP = f'while read -r l && [ "$l" != {_STDIN_MARK} ]; do :; done\n'
LONGEST_REASON = 300  # characters of what somebody else said


class NotRun(OSError):
    """The host ended a command well that it did not begin: a menu, a login shell of its own."""

    def __init__(self, lines: Sequence[str]) -> None:
        """``lines``: what it said instead."""
        said = lines[0][:LONGEST_REASON] if lines else "nothing"
        super().__init__(f"it does not run what it is asked, but answers: {said}")


def as_root(
    connection: Connection, command: StringCommand, stdin: Any
) -> tuple[StringCommand, list[str]]:
    """``command`` (POSIX sh) as root, behind the mark at which its answer begins; its input.

    sudo reads the password only when it wants one, so the command skips all up to another mark.
    """
    lines = _lines(stdin)
    if not connection.become:
        return StringCommand(bounds.SAY_BEGIN, command, _separator=""), lines
    words, skip = ["sudo", "-n", "--"], ""
    if connection.become_password is not None:
        words, skip = ["sudo", "-S", "-k", "-p", "''", "--"], _SKIP
        # No mark where nothing follows: sudo would try it as the next password.
        lines = [connection.become_password, *([_STDIN_MARK, *lines] if lines else [])]
    script = StringCommand(skip, bounds.SAY_BEGIN, command, _separator="")
    return StringCommand(*words, "sh", "-c", QuoteString(script)), lines


def for_whom(arguments: Mapping[str, Any]) -> Any:
    """An operation's words on users and shells, where root is what it begins with.

    ``_sudo=True`` alone says nothing more. ``_sudo_user=`` and ``_su_user=`` name somebody else;
    root needs no password for that.
    """
    ways = ("sudo", "doas", "dzdo")
    found = {**arguments, "_sudo_password": None, "_su_password": None}
    found |= {f"_{way}": bool(found.get(f"_{way}_user")) for way in ways}
    other = any(found.get(f"_{way}_user") for way in (*ways, "su"))
    if not other and found.get("_shell_executable", "sh") == "sh":
        found["_shell_executable"] = None  # root's own
    return found


def answer(ok: bool, lines: Iterable[Any]) -> list[Any]:
    """What the command itself said, of pyinfra's lines. Raises NotRun."""
    begun: set[str] = set()
    said, instead = [], []
    for line in lines:
        if line.buffer_name in begun:
            said.append(line)
        elif line.line.endswith(BEGIN):
            begun.add(line.buffer_name)
        else:
            instead.append(line)
    if ok and not begun:
        raise NotRun([line.line for line in instead if line.buffer_name == "stdout"])
    return said if begun else instead  # why it was not begun


def _lines(stdin: Any) -> list[str]:
    """What pyinfra takes for an input: a text, lines, or a file."""
    if not stdin or isinstance(stdin, str):
        return [stdin] if stdin else []
    return list(stdin)
