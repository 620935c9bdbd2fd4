"""The guard: a change that can cut access arms its own way back on the host first.

The first operation with ``guard=`` that really changes something saves the managed files and
packet filter tables and starts a timer on the host. :func:`confirm` stops the timer over a NEW
connection that can still become root, while established packets pass only where flows declare
them: what gets in then gets in after a restart too. If none comes, the host restores itself and
the run fails.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from importlib.resources import files

from pyinfra.api import FunctionCommand
from pyinfra.api.operation import OperationMeta, operation

from socle.apply import asking, current
from socle.apply.probe import observed
from socle.baseline.runs import run_name
from socle.baseline.tunnels import tunnels

SCRIPT = (files("socle.apply") / "guard.sh").read_text(encoding="utf-8")
SSHD_READ = (files("socle.apply") / "sshd_read.sh").read_text(encoding="utf-8")
PROOF_SECONDS = 15
"""How long established packets must be declared, at most: time for one connection."""
BEGINS = 0.5
"""Seconds until a proof that was asked for has begun."""


@dataclass
class Guard:
    """What the host can put back by itself.

    Args:
        paths: files (those that do not exist yet are removed again); ``managed_files`` adds the
            room's own that are marked ``guarded``.
        tables: packet filter tables, "inet socle".
        seconds: how long the host waits for the confirmation before it restores itself.
    """

    paths: Sequence[str] = ()
    tables: Sequence[str] = ()
    seconds: int = 60
    operations: list[OperationMeta] = field(default_factory=list)

    def arming(self, script: str) -> tuple[str, tuple[str, ...]]:
        """``script`` behind the arming of the guard, with the arguments that both need."""
        words = (run_name(), str(self.seconds), ",".join(self.tables), *self.paths)
        return f'{SCRIPT}\n(guard_arm "$@")\nset +eu\n{SSHD_READ}ssh_note\n{script}', words


def confirm(guard: Guard) -> OperationMeta:
    """Stop the host's way back, over a new connection, if anything was changed under it."""
    can_cut(*guard.operations)
    return _confirm(name="The host can still be reached", guard=guard)


def confirm_last() -> OperationMeta:
    """After the last room: a new connection gets in, if this run changed what could keep it out."""
    return _confirm_last(name="The host can be reached after the last room")


def can_cut(*operations: OperationMeta) -> None:
    """Let :func:`confirm_last` know of operations that can cut access to the current host."""
    current.once_per_host(_cutting).extend(operations)


def _cutting() -> list[OperationMeta]:
    return []


@operation()
def _confirm(guard: Guard) -> Generator[FunctionCommand, None, None]:
    if observed().guard_armed or any(current.changed(meta) for meta in guard.operations):
        yield FunctionCommand(_reach_again, (guard.seconds,), {})


@operation()
def _confirm_last() -> Generator[FunctionCommand, None, None]:
    if any(current.changed(meta) for meta in current.once_per_host(_cutting)):
        yield FunctionCommand(_reach_last, (), {})


def _reach_again(state: object, host: object, seconds: int) -> bool:  # noqa: ARG001 - pyinfra's
    """True once a new connection has stopped the way back; False, and said why, if none could."""
    name = current.resolved_host().name
    deadline = time.monotonic() + 3 * seconds
    while reason := _over_a_new_connection("guard_disarm", min(seconds, PROOF_SECONDS)):
        if "already gone back" in reason:
            current.complain(
                f"{name}: the change was not confirmed in time, as when it cuts the operator's "
                f"access: the host put its previous state back by itself after {seconds} s. "
                f"Nothing of this change is left on it.{_by_tunnel()}"
            )
            return False
        if "cannot put back" in reason:
            current.complain(f"{name}: {reason}.{_by_tunnel()}")
            return False
        if "another run" in reason:
            current.complain(f"{name}: {reason}: the change is that run's to confirm.")
            return False
        if time.monotonic() > deadline:
            current.complain(
                f"{name}: no new connection after the change, and none {3 * seconds} s later: "
                f"{reason}. Go to the machine; journalctl -t socle-guard tells what it undid."
            )
            return False
        time.sleep(BEGINS if "proof begins" in reason else 1)
    return True


def _reach_last(state: object, host: object) -> bool:  # noqa: ARG001 - pyinfra's
    """True once a new connection got in; False, and said, if none did while a proof ran."""
    deadline = time.monotonic() + 2 * PROOF_SECONDS
    while reason := _over_a_new_connection("guard_reached", PROOF_SECONDS):
        if time.monotonic() > deadline:
            current.complain(
                f"{current.resolved_host().name}: no new connection gets in after the last room: "
                f"{reason}. Go to the machine before it is restarted.{_by_tunnel()}"
            )
            return False
        time.sleep(BEGINS if "proof begins" in reason else 1)
    return True


def _over_a_new_connection(act: str, seconds: int) -> str:
    """Have the host act over a new connection within a proof; why not, or empty: it did.

    The first attempt begins the proof. This very computer, where no connection is needed, has none.
    """
    local = current.resolved_host().connection.method == "local"
    try:
        asking.ask_anew(f'{SCRIPT}{act} "$1" "$2"', run_name(), "" if local else str(seconds))
    except asking.Unanswered as error:
        return str(error)
    return ""


def _by_tunnel() -> str:
    """The tunnels that could not come back, in a sentence; empty: none is known."""
    found = tunnels(observed().path)
    if not found:
        return ""
    return (
        f" The connection came through {', '.join(found)}: probably no declared flow lets its "
        "outer packets in."
    )
