"""The moment by which checks judge: now, or when a bundle's answers were collected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


def now() -> datetime:
    """The moment, with the time zone in which its answers were collected."""
    return _moment.get() or datetime.now().astimezone()


def today() -> date:
    """The day, in that time zone: waivers and certificates end by it."""
    return now().date()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Judge by ``moment``, which knows its time zone."""
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)
