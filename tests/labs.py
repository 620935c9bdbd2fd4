"""Whose machines are whose: every checkout, and every worker of a run, has networks of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from socle.lab import Lab, down, up
from socle.lab.locks import locked

LABS = ("cabinet", "box", "imaging", "backup", "warnings", "watched", "tests", "short")


def number() -> int:
    """Part of the addresses and names of the labs that this process boots.

    ``SOCLE_TEST_LAB`` keeps two checkouts apart that test side by side (in steps of 10).
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return int(os.environ.get("SOCLE_TEST_LAB", "20")) + int(worker)


def net(lab: str) -> str:
    """``10.79.21``: the network of one of this process's labs."""
    return f"10.{77 + LABS.index(lab)}.{number()}"


def net6(lab: str) -> str:
    """``fd79:21``: the same for IPv6."""
    return f"fd{77 + LABS.index(lab)}:{number()}"


@contextmanager
def standing(lab: Lab) -> Iterator[Lab]:
    """Booted in the block and gone after it; what a killed run left is gone before."""
    with locked(Path(f"/run/socle-lab/{lab.name}.lock")):
        down(lab, print)
        try:
            up(lab, print)
            yield lab
        finally:
            down(lab, print)
