"""Nothing is given up in silence: what is no longer declared for a host takes a word of its own."""

from __future__ import annotations

from socle.apply import current
from socle.apply.files import managed_file
from socle.apply.probe import observed
from socle.baseline.declared import PLACE, declared, given_up, listed, under_way


def ask_before_giving_up() -> None:
    """Leave the host out, before any change, if it would lose what was declared for it.

    ``--data socle_give_up=HOST[,HOST]`` says that it is meant. A plan lists it at its end. What is
    declared is noted before anything changes: the run may never get to its end.
    """
    host, before, now = current.resolved_host(), _before(), _now()
    lost = given_up(before, now)
    if lost:
        found = [f"no longer declared for {host.name}, so an apply gives up:"]
        found += [f"  - {line}" for line in lost]
        word = f"--data socle_give_up={host.name}"
        if current.dry_run():
            current.say_at_the_end("\n".join([*found, f"It will want to be told so: {word}"]))
        elif host.name in current.words_of("socle_give_up"):
            current.say("\n".join(found))
        else:
            found += [f"If that is meant, say so: {word}"]
            current.leave_out("refused before any change: " + "\n".join(found))
    managed_file(PLACE, listed(under_way(before, now)).encode(), mode="600")


def remember_declared() -> None:
    """Note what is declared for the next apply's question, when all else is done."""
    before, now = _before(), _now()
    if under_way(before, now) != list(now):
        managed_file(PLACE, listed(now).encode(), mode="600")


def _before() -> str:
    """The list that the run found on the host."""
    there = observed().files.get(PLACE)
    return (there.content or b"").decode("utf-8", "replace") if there else ""


def _now() -> tuple[str, ...]:
    return declared(current.practice(), current.resolved_host())
