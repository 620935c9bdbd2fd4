"""Idle windows: when nobody is consulting, and a machine may work for itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, model_validator

from socle.baseline.settings import matching

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = f"({'|'.join(DAYS)})"
_PART = f"{_DAY}(-{_DAY})?"
SHORTEST = 15
"""Minutes that a window lasts at least: one run of the updates on a slow machine."""


Days = Annotated[
    str, matching(f"daily|{_PART}(,{_PART})*", 'days such as "daily", "mon-fri" or "mon,wed,sat"')
]
Clock = Annotated[
    str, matching(r"([01]\d|2[0-3]):[0-5]\d", 'a time of the day in quotes, such as "12:30"')
]


class Window(BaseModel):
    """A time of some days of the week; an ``end`` before the ``start`` lies on the next day."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    days: Days = "daily"
    start: Clock
    end: Clock

    @model_validator(mode="after")
    def _long_enough(self) -> Window:
        if self.minutes < SHORTEST:
            raise ValueError(f"a window of {SHORTEST} minutes or more")
        return self

    @property
    def weekdays(self) -> tuple[int, ...]:
        """The days on which it starts; Monday is 0."""
        return _numbers(self.days)

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return (_minutes(self.end) - _minutes(self.start)) % (24 * 60)

    def contains(self, moment: datetime) -> bool:
        """Whether ``moment``, in the machine's local time, lies in it."""
        for days_ago in (0, 1):
            day = moment.date() - timedelta(days=days_ago)
            start = datetime.combine(day, time.fromisoformat(self.start), moment.tzinfo)
            end = start + timedelta(minutes=self.minutes)
            if day.weekday() in self.weekdays and start <= moment < end:
                return True
        return False


def contains(windows: Iterable[Window], moment: datetime) -> bool:
    """Whether ``moment``, in the machine's local time, lies in one of the windows."""
    return any(window.contains(moment) for window in windows)


def on_calendar(windows: Iterable[Window], seed: str, spread_minutes: int) -> list[str]:
    """One line for systemd's ``OnCalendar=`` a window, inside of it (see systemd.time(7)).

    ``seed`` (a host's name) gives each machine its own delay after the start, always the same:
    up to ``spread_minutes``, and never in the second half of the window.
    """
    lines = []
    for window in windows:
        most = max(1, min(spread_minutes, window.minutes // 2))
        delay = int(hashlib.sha256(seed.encode()).hexdigest(), 16) % most
        minute = _minutes(window.start) + delay
        days = window.weekdays
        if minute >= 24 * 60:  # the delay leads over midnight
            minute, days = minute - 24 * 60, tuple(sorted((day + 1) % 7 for day in days))
        names = ",".join(DAYS[day].capitalize() for day in days)
        lines.append(f"{names} *-*-* {minute // 60:02}:{minute % 60:02}:00")
    return lines


def once(line: str, seed: str, dates: str = "*-*-*") -> str:
    """The ``on_calendar`` line on one of its days of the week only, always the same for a seed.

    ``dates``: "*-*-1..7" makes it once a month.
    """
    days, _, clock = line.split(" ")
    names = days.split(",")
    chosen = int(hashlib.sha256(seed.encode()).hexdigest(), 16) % len(names)
    return f"{names[chosen]} {dates} {clock}"


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _numbers(days: str) -> tuple[int, ...]:
    if days == "daily":
        return tuple(range(7))
    found: set[int] = set()
    for part in days.split(","):
        first, _, last = part.partition("-")
        day, end = DAYS.index(first), DAYS.index(last or first)
        found.add(day)
        while day != end:
            day = (day + 1) % 7
            found.add(day)
    return tuple(sorted(found))
