"""Which promises of a machine are broken, and of which of them nobody knows.

``own``: the control that judges the watch: it is no reason for its own failure, nor for a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime


def broken(verdicts: Mapping[str, str], *, own: str) -> list[str]:
    """The promises that do not hold, that of the watch itself aside."""
    return [one for one, verdict in verdicts.items() if verdict == "fail" and one != own]


def ignored(
    verdicts: Mapping[str, str],
    acknowledged: Iterable[tuple[str, str]],
    now: datetime,
    *,
    own: str,
) -> list[str]:
    """The broken promises that nobody has acknowledged.

    ``acknowledged``: a control, and until when (ISO 8601) somebody knows that it is broken.
    """
    known = {control for control, until in acknowledged if now < datetime.fromisoformat(until)}
    return [control for control in broken(verdicts, own=own) if control not in known]
