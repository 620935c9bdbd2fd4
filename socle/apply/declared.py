"""Nothing is given up in silence: what is no longer declared for a host takes a word of its own."""

from __future__ import annotations

from pyinfra.api.operation import OperationMeta

from socle.apply import adapter
from socle.apply.files import managed_file
from socle.apply.probe import observed
from socle.baseline.declared import PLACE, declared, given_up, listed


def ask_before_giving_up() -> None:
    """Leave the host out, before any change, if it would lose what was declared for it.

    ``--data socle_give_up=HOST[,HOST]`` says that it is meant. A plan lists it at its end.
    """
    host = adapter.resolved_host()
    there = observed().files.get(PLACE)
    before = (there.content or b"").decode("utf-8", "replace") if there else ""
    lost = given_up(before, declared(adapter.practice(), host))
    if not lost:
        return
    found = [f"no longer declared for {host.name}, so an apply gives up:"]
    found += [f"  - {line}" for line in lost]
    word = f"--data socle_give_up={host.name}"
    if adapter.dry_run():
        adapter.say_at_the_end("\n".join([*found, f"It will want to be told so: {word}"]))
    elif host.name in adapter.words_of("socle_give_up"):
        adapter.say("\n".join(found))
    else:
        found += [f"If that is meant, say so: {word}"]
        adapter.leave_out("refused before any change: " + "\n".join(found))


def remember_declared() -> OperationMeta:
    """The list for the next apply's question, written when all else is done."""
    now = declared(adapter.practice(), adapter.resolved_host())
    return managed_file(PLACE, listed(now).encode(), mode="600")
