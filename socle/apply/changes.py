"""What every operation does: one command where the wish differs, behind the guard if any."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from pyinfra.api import StringCommand
from pyinfra.api.operation import OperationMeta

from socle.apply import asking, current
from socle.apply.guard import Guard


def under(guard: Guard | None, meta: OperationMeta) -> OperationMeta:
    """Let the guard know of the operation."""
    if guard is not None:
        guard.operations.append(meta)
    return meta


def show(lines: Sequence[str]) -> None:
    """Print what would differ, where the operator asked for it."""
    if current.wants_diff():
        current.say("\n".join(lines))


def change(
    trying: str, script: str, variables: dict[str, str], guard: Guard | None, stdin: str = ""
) -> StringCommand:
    """The command that changes the host, behind the arming of the guard if there is one.

    ``trying`` is the wish in words, for the operator if it fails.
    """
    assignments = "\n".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    script = f"{assignments}\n{script}"
    words: tuple[str, ...] = ()
    if guard is not None:
        script, words = guard.arming(script)
    return asking.Change(asking.script_command(script, *words, stdin=stdin), trying)
