"""Whose machines are whose: every checkout, and every worker of a run, has networks of its own."""

from __future__ import annotations

import os


def number() -> int:
    """Part of the addresses of the labs that this process boots.

    ``SOCLE_TEST_LAB`` keeps two checkouts apart that test side by side (in steps of 10).
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return int(os.environ.get("SOCLE_TEST_LAB", "20")) + int(worker)
