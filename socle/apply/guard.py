"""The guard: a change that can cut access arms its own way back on the host first.

The first operation with ``guard=`` that really changes something saves the managed files and
packet filter tables and starts a timer on the host. :func:`confirm` stops the timer over a NEW
connection that can still become root. If none comes, the host restores itself and the run fails.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from pyinfra.api import FunctionCommand
from pyinfra.api.operation import OperationMeta, operation

from socle.apply import adapter
from socle.apply.probe import observed
from socle.baseline.rules import admits

SCRIPT = (files("socle.apply") / "guard.sh").read_text(encoding="utf-8")


@dataclass
class Guard:
    """What the host can put back by itself.

    Args:
        seconds: how long the host waits for the confirmation before it restores itself.
        paths: files (those that do not exist yet are removed again).
        tables: packet filter tables, "inet socle".
        reload: units to reload after the files are back, "ssh.service".
    """

    seconds: int
    paths: Sequence[str]
    tables: Sequence[str] = ()
    reload: Sequence[str] = ()
    operations: list[OperationMeta] = field(default_factory=list)

    def arming(self, script: str) -> tuple[str, tuple[str, ...]]:
        """``script`` behind the arming of the guard, with the arguments that both need."""
        words = (str(self.seconds), ",".join(self.tables), ",".join(self.reload), *self.paths)
        return f'{SCRIPT}\n(guard_arm "$@")\nset +eu\n{script}', words


def confirm(guard: Guard) -> OperationMeta:
    """Stop the host's way back, over a new connection, if anything was changed under it."""
    return _confirm(name="The host can still be reached", guard=guard)


@operation()
def _confirm(guard: Guard) -> Generator[FunctionCommand, None, None]:
    if observed().guard_armed or any(adapter.changed(meta) for meta in guard.operations):
        yield FunctionCommand(_reach_again, (guard.seconds,), {})


def _reach_again(state: object, host: object, seconds: int) -> bool:  # noqa: ARG001 - pyinfra's
    """True once a new connection has stopped the way back; False, and said why, if none could."""
    name = adapter.resolved_host().name
    deadline = time.monotonic() + 3 * seconds
    while True:
        try:
            adapter.ask_anew(SCRIPT + "guard_disarm")
        except adapter.Unanswered as error:
            reason = str(error)
        else:
            return True
        if "already gone back" in reason:
            adapter.complain(
                f"{name}: the change cut the operator's access; the host put its previous state "
                f"back by itself after {seconds} s. Nothing of this change is left on it."
            )
            return False
        if time.monotonic() > deadline:
            adapter.complain(
                f"{name}: no new connection after the change, and none {3 * seconds} s later: "
                f"{reason}. Go to the machine; journalctl -t socle-guard tells what it undid."
            )
            return False
        time.sleep(1)


def refuse_lockout(inbound: Sequence[Mapping[str, Any]], advice: str) -> None:
    """Leave the host out, before any change, if the inbound flows would cut the connection in
    use: no flow lets the operator's address reach the port of sshd.
    """
    seen = observed()
    if seen.client is None or seen.port is None:
        return
    if not admits(inbound, seen.client, seen.port):
        adapter.leave_out(
            f"refused before any change: no inbound flow lets {seen.client} reach port "
            f"{seen.port}/tcp, and that is the connection in use. {advice}"
        )
