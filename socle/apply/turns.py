"""Turns: one run at a time works on a host; a second one waits a little, then is told who does."""

from __future__ import annotations

import os
import time
from importlib.resources import files

from socle.apply import asking, current
from socle.baseline import runs

PATIENCE = int(os.environ.get("SOCLE_TURN_SECONDS", "20"))
"""Seconds that a run waits for another one to be over."""
ANSWER = 300
"""Seconds that a host has for all that the rooms compare, which is work of a second for a PC.

For one that hangs, so that the others go on: a lost connection ends without it (`bounds`), and slow
is nobody's fault. The tests' emulated machine, 20 times slower than a PC, needs ten times less.
"""

CONNECTION = "connection() (\n" + (files("socle") / "connection.sh").read_text("utf-8") + ")\n"
SCRIPT = "".join(
    (files("socle.apply") / name).read_text(encoding="utf-8")
    for name in ("guard.sh", "sshd_read.sh", "turn.sh")
) + ('turn_take "$1" pyinfra "$2" && guard_mend "$1" && { ssh_note || :; }\n')
"""Takes the turn of run ``$1``, where run ``$2`` is known to be over, and mends what one left."""


def ask_in_turn(script: str, *args: str) -> list[str]:
    """The answer of ``script`` once it is this run's turn, which lasts as long as its connection.

    ``script`` gets the run's name and that of a run known to be over in front of ``args``; two
    empty words where the run only plans, and so takes no turn. A host that another run works on is
    left out.

    Raises:
        Unanswered: as :func:`asking.ask`.
    """
    if current.dry_run():
        return asking.ask(script, "", "", *args, timeout=ANSWER)
    over, waited, deadline = "", False, time.monotonic() + PATIENCE
    while True:
        try:
            return asking.ask(script, runs.run_name(), over, *args, timeout=ANSWER)
        except asking.Unanswered as error:
            found = runs.holder(str(error))
            if found is None:
                raise
        if not over and runs.ended(found.run):  # once: a host may name ever new dead runs
            over = found.run
            continue
        if time.monotonic() > deadline:
            current.leave_out(runs.occupied(found))
        if not waited:
            current.say(f"waits for {found.who}, who works on this host with {found.engine}")
            waited = True
        time.sleep(1)
