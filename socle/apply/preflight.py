"""Preflight: whatever is refused, is refused before the first room changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from socle.apply import current
from socle.baseline import packages
from socle.baseline.declared import PLACE, declared, given_up

if TYPE_CHECKING:
    from socle.apply.probe import Observed

REFUSED = "refused before any change: "


def refuse(seen: Observed) -> None:
    """Leave the current host out if a room refuses it; what all rooms refuse is told together.

    The rooms are those that the deploy file imports: each may have a function ``preflight(host,
    seen)`` in its ``deploy.py`` that yields a sentence for each thing that it refuses. Before them
    stands what the host's settings need and no flow lets pass, in the words of `socle check`.
    """
    host = current.resolved_host()
    unmet = current.practice().unmet.get(host.name, ())
    rooms = packages.imported("deploy")
    asked = [room.preflight(host, seen) for room in rooms if hasattr(room, "preflight")]
    found = [*map(str, unmet), *(sentence for sentences in asked for sentence in sentences)]
    if found:
        current.leave_out("\n".join(f"{REFUSED}{sentence}" for sentence in found))


def ask_before_giving_up(seen: Observed) -> None:
    """Leave the current host out if it would lose what was declared for it, whatever file is run.

    ``--data socle_give_up=HOST[,HOST]`` says that it is meant. A plan lists it at its end.
    """
    host = current.resolved_host()
    lost = given_up(declared_before(seen), declared(current.practice(), host))
    if not lost:
        return
    found = [f"no longer declared for {host.name}, so an apply gives up:"]
    found += [f"  - {line}" for line in lost]
    word = f"--data socle_give_up={host.name}"
    if current.dry_run():
        current.say_at_the_end("\n".join([*found, f"It will want to be told so: {word}"]))
    elif host.name in current.words_of("socle_give_up"):
        current.say("\n".join(found))
    else:
        found += [f"If that is meant, say so: {word}"]
        current.leave_out(REFUSED + "\n".join(found))


def declared_before(seen: Observed) -> str:
    """The list that the run found on the host."""
    there = seen.files.get(PLACE)
    return (there.content or b"").decode("utf-8", "replace") if there else ""
