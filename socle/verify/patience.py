"""How long a check may compute. Answers have a size, not a price: some are slow to read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from signal import ITIMER_VIRTUAL, SIGVTALRM, setitimer, signal

from socle.messages import Message
from socle.verify.checks import Unknown

SECONDS = 30.0  # of CPU: waiting for a host takes none, and a check of ours needs less than one
AGAIN = 5.0  # seconds until a check that has caught the first sign gets the next


@contextmanager
def bounded() -> Iterator[None]:
    """End what computes for more than `SECONDS`. Raises Unknown, whatever the check made of it.

    Signals reach the main thread alone: elsewhere nothing is bounded.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signs = []

    def give_up(*_: object) -> None:
        signs.append("given")
        raise _too_long()

    before = signal(SIGVTALRM, give_up)
    setitimer(ITIMER_VIRTUAL, SECONDS, AGAIN)
    try:
        yield
    finally:
        setitimer(ITIMER_VIRTUAL, 0)
        signal(SIGVTALRM, before)
        if signs:
            raise _too_long()


def _too_long() -> Unknown:
    return Unknown(Message("what the machine answers takes too long to judge"))
