"""Proper spaces and apostrophes, the number of a noun, and dates, in French and in English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

NBSP, THIN, DASH = "\u00a0", "\u202f", "\u2013"
MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}


def typeset(text: str, language: str) -> str:
    """Prose with its language's spaces and apostrophes. Not for commands and file contents."""
    text = re.sub(r"(?<=\w)'(?=\w)", "\u2019", text)
    if language != "fr":
        return text
    text = re.sub(r" (?=[;!?])", THIN, text)
    text = re.sub(r" (?=[:»])", NBSP, text)
    text = text.replace("« ", f"«{NBSP}")
    return re.sub(r"(?<=[\d}]) (?=\d{3}\b|[%€]|s\b|jours?\b)", THIN, text)


def count(sentence: str, n: int, language: str, **values: object) -> str:
    """The half of "one|many" that suits ``n`` (in French, 0 is singular), with ``{n}`` filled."""
    one, _, many = sentence.partition("|")
    single = n <= 1 if language == "fr" else n == 1
    return (one if single or not many else many).format(n=grouped(n), **values)


def grouped(number: int) -> str:
    """A whole number, its thousands apart by thin spaces."""
    return f"{number:,}".replace(",", THIN)


def decimal(number: float, language: str) -> str:
    """A number with one decimal: ``1 234,5`` or ``1 234.5``, with thin spaces."""
    return f"{number:,.1f}".replace(",", THIN).replace(".", "," if language == "fr" else ".")


def long_date(day: date, language: str) -> str:
    """``1er mars 2027`` or ``1 March 2027``."""
    number = f"{day.day}{'er' if language == 'fr' and day.day == 1 else ''}"
    return f"{number} {MONTHS[language].split()[day.month - 1]} {day.year}".replace(" ", NBSP)


def long_day(moment: datetime, language: str) -> str:
    """The day of a moment, in Paris; of a moment without a time zone, its own."""
    return long_date((_paris(moment) if moment.tzinfo else moment).date(), language)


def long_days(moments: Mapping[str, datetime], language: str) -> dict[str, str]:
    """The days of moments told together; with the clock where two of them share a day."""
    days = {name: long_day(moment, language) for name, moment in moments.items()}
    shared = {day for day in days.values() if list(days.values()).count(day) > 1}
    return {
        name: f"{day} {_at(_paris(moments[name]), language)}" if day in shared else day
        for name, day in days.items()
    }


def long_moment(moment: datetime, language: str, zone: str) -> str:
    """Date and time in Paris, and that it is (``zone``); UTC on a computer without time zones."""
    local = _paris(moment)
    zone = "UTC" if local.tzinfo is UTC else zone
    return f"{long_date(local.date(), language)} {_at(local, language)} ({zone})"


def _at(local: datetime, language: str) -> str:
    return f"à {local:%H}{NBSP}h{NBSP}{local:%M}" if language == "fr" else f"at {local:%H:%M}"


def _paris(moment: datetime) -> datetime:
    try:
        return moment.astimezone(ZoneInfo("Europe/Paris"))
    except ZoneInfoNotFoundError:
        return moment.astimezone(UTC)
