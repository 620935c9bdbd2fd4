"""What can go wrong, in words that never hold a file's name or a password."""

from __future__ import annotations

import traceback

UNJUDGED = "cannot be judged"
"""Such a reason begins with it: neither good nor bad is known."""


class BackupError(Exception):
    """A one-line reason for the operator."""


class Busy(BackupError):
    """Another backup of this host is running."""


class Unjudged(BackupError):
    """A client, or another program, has handed over what has no meaning."""

    def __init__(self, what: str) -> None:
        """``what`` has none."""
        super().__init__(f"{UNJUDGED}: {what}")


def explained(error: BaseException) -> str:
    """What went wrong, without what Python would say: that may hold a file's name.

    What runs over many clients, repositories or databases takes every ``Exception`` of one for
    this, and goes on: whoever writes into one of them must not decide for the others.
    """
    if isinstance(error, BackupError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, OSError):
        return error.strerror or "input/output error"
    if isinstance(error, MemoryError):
        return f"{UNJUDGED}: not enough memory"
    last = traceback.extract_tb(error.__traceback__)[-1]
    kind = type(error).__name__
    return f"{UNJUDGED}: a mistake in Socle ({kind} in {last.name}, line {last.lineno})"
