"""A check that a machine's answer keeps busy ends as unknown, and the others are judged."""

import time

import pytest
from checkouts import Checkout

from socle.verify import patience
from socle.verify.checks import Unknown

BUSY = """
from contextlib import suppress
from socle.verify import control, expect, patience

patience.SECONDS = patience.AGAIN = 0.2

@control("toy-slow")
def test_slow(target):
    for _ in range(2):  # it even takes the first sign for something else
        with suppress(Exception):
            while True:
                pass

@control("toy-servers")
def test_servers(target):
    expect(True, seen="a", wanted="a", fix="b")
"""


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(patience, "SECONDS", 0.1)
    monkeypatch.setattr(patience, "AGAIN", 0.1)


def test_what_computes_for_ever_is_unknown(short):
    with pytest.raises(Unknown, match="takes too long to judge"):
        busy_for_ever()


@patience.bounded()
def busy_for_ever():
    while True:
        pass


def test_waiting_takes_no_patience(short):
    with patience.bounded():
        time.sleep(0.3)


def test_nothing_rings_afterwards(short):
    with patience.bounded():
        pass
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass


def test_a_check_that_is_kept_busy_is_unknown_and_the_next_is_judged(tmp_path):
    checkout = Checkout(tmp_path)
    checkout.write("roles/toy/test_toy.py", BUSY)
    said = checkout.verify("--limit=imagerie", "--control=toy-slow", "--control=toy-servers")
    lines = [" ".join(line.split()) for line in said.stdout.splitlines()]
    assert any("unknown imagerie toy-slow" in line for line in lines), said.stdout
    assert any("pass imagerie toy-servers" in line for line in lines)
    assert "what the machine answers takes too long to judge" in said.stdout
