"""Hooks of the pytest plugin: what a front end listens to while a practice is verified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from socle.verify.links import Link
    from socle.verify.verdicts import Outcome


def pytest_socle_begin(checks: int, hosts: tuple[str, ...]) -> None:
    """``checks`` are about to run; these hosts will be asked, they are being connected to."""


def pytest_socle_check(host: str, control: str) -> None:
    """This control is looked at on this host now."""


def pytest_socle_outcome(outcome: Outcome) -> None:
    """One control has its verdict on one host."""


def pytest_socle_end(links: Mapping[str, Link]) -> None:
    """All is said; each used link knows its executions and its host's system."""
