"""Look at an address: try its ports, and ask the open ones who they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from socle.exposure import answers
from socle.exposure.model import Scan
from socle.exposure.ports import ranges
from socle.exposure.recognised import recognised
from socle.verify.probe import probe
from socle.verify.verdicts import State

SECONDS = 2.5
"""For each port: the kernel asks again after one second, so one lost packet hides nothing."""
_CONVERSATIONS = 8  # at once: a box's memory for connections is small
_OPEN, _UNSEEN = "open", "unseen:"

Vantage = Literal["outside", "declared", "lab"]
Tell = Callable[[int], None]


def look(
    address: str,
    ports: Sequence[int],
    vantage: Vantage,
    *,
    rate: int,
    tell: Tell = lambda _: None,
    seconds: float = SECONDS,
) -> Scan:
    """Everything that is found out about ``address``.

    ``rate``: ports tried a second at most. ``tell`` gets how many ports are done, now and then.
    """
    recognised()  # read before several threads want it
    states: dict[int, str] = {}
    batch = max(1, min(rate, 200))
    for start in range(0, len(ports), batch):
        some = ports[start : start + batch]
        began = time.monotonic()
        found = probe([(address, port) for port in some], seconds)
        states |= {port: word for (_, port), word in found.items()}
        tell(len(states))
        if len(states) < len(ports):
            time.sleep(max(0.0, len(some) / rate - (time.monotonic() - began)))
    listening = sorted(port for port, word in states.items() if word == _OPEN)
    with ThreadPoolExecutor(_CONVERSATIONS) as pool:
        asked = tuple(pool.map(lambda port: answers.ask(address, port), listening))
    closed = {
        state: ranges(port for port, word in states.items() if word == state)
        for state in State
        if state is not State.OPEN
    }
    return Scan(
        address=address,
        open=asked,
        closed={state: found for state, found in closed.items() if found},
        unseen=ranges(p for p, word in states.items() if word.startswith(_UNSEEN)) or None,
        vantage=vantage,
    )
