"""What is told to people, and what became of telling them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class Title:
    """A control's title, as the catalogue has it. Nothing that a machine said stands in it."""

    fr: str
    en: str


@dataclass(frozen=True)
class Notice:
    """A warning: the promises that are broken on a host, and who helps.

    ``worse``: those of ``broken`` that held the last time. ``contact``: the provider's name and
    telephone number, as the practice wrote them. ``when`` knows its time zone.
    """

    host: str
    practice: str
    broken: tuple[Title, ...]
    worse: tuple[Title, ...]
    when: datetime
    contact: str


@dataclass(frozen=True)
class Attempt:
    """One way that was tried. ``reason``: why it did not work, without any secret.

    ``way`` is "desktop", "mail", "folder" or "sftp"; ``to`` an account, addresses, a place.
    """

    way: str
    to: str
    ok: bool
    reason: str = ""
    when: datetime = field(default_factory=lambda: datetime.now(UTC))
