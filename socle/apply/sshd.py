"""The one way in which a room has sshd read its files again."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from importlib.resources import files

from pyinfra import host
from pyinfra.api import StringCommand
from pyinfra.api.operation import OperationMeta, operation

from socle.apply import current, turns
from socle.apply.changes import change, show, under
from socle.apply.guard import Guard
from socle.apply.probe import observed

SCRIPT = (files("socle.apply") / "sshd.sh").read_text(encoding="utf-8")


def reload_ssh(*, when: Sequence[OperationMeta], guard: Guard) -> OperationMeta:
    """Reload sshd if one of the operations changed something, here or in a run that was killed.

    Its files may hold what somebody else left to be read at the next start. Where that would end
    the way in, sshd is not reloaded, the guard's files go back at once, and the host fails.
    """
    return under(guard, _reload(name="sshd reads its files again", when=list(when), guard=guard))


@operation()
def _reload(when: list[OperationMeta], guard: Guard) -> Generator[StringCommand, None, None]:
    if not observed().guard_armed and not any(current.changed(meta) for meta in when):
        host.noop("nothing has changed")
        return
    show(["! systemctl reload ssh.service"])
    user = current.resolved_host().connection.user
    script = f'{turns.CONNECTION}{SCRIPT}ssh_reload "$user"'
    yield change("reload ssh.service", script, {"user": user}, guard)
