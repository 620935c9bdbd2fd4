"""`socle verify --durations`: what each control's check costs, the slowest first."""

from __future__ import annotations

import pytest
from checkouts import Checkout

from socle.commands.durations import costs
from socle.grounds import Grounds
from socle.verify.verdicts import Outcome, Verdict


def outcome(host: str, control: str, seconds: float) -> Outcome:
    return Outcome(host, control, Verdict.PASS, Grounds(), Verdict.PASS, seconds)


OUTCOMES = [
    outcome("desk", "lock", 0.4),
    outcome("desk", "copy", 0.5),
    outcome("store", "lock", 0.3),
    outcome("store", "copy", 0.0),
    outcome("store", "open", 0.6),
]


def test_the_slowest_over_all_hosts_comes_first():
    found = [(cost.control, round(cost.seconds, 3), cost.slowest.host) for cost in costs(OUTCOMES)]
    assert found == [("lock", 0.7, "desk"), ("open", 0.6, "store"), ("copy", 0.5, "desk")]


def test_as_many_as_were_asked_for():
    assert [cost.control for cost in costs(OUTCOMES, 2)] == ["lock", "open"]
    assert costs([]) == []


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


TWO = ("--control=toy-slow", "--control=toy-settings", "--limit=accueil", "--no-keep")


def shown(said: str) -> list[str]:
    """The controls of the table of costs, in its order."""
    _, _, table = said.partition("most on one host")
    return [line.split()[0] for line in table.splitlines() if line.startswith("toy-")]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("--durations",), ["toy-slow", "toy-settings"]),
        (("--durations", "1"), ["toy-slow"]),
        ((), []),
    ],
)
def test_the_command_shows_them_after_the_verdicts(checkout, words, wanted):
    done = checkout.verify(*TWO, *words)
    assert done.returncode == 3, done.stderr
    assert shown(done.stdout) == wanted
    assert ("--no-ahead asks each question" in done.stdout) is bool(words)


def test_without_asking_ahead_nothing_is_left_out_of_them(checkout):
    done = checkout.verify(*TWO, "--durations", "--no-ahead")
    assert shown(done.stdout) == ["toy-slow", "toy-settings"]
    assert "asked ahead" not in done.stdout


def test_none_is_no_number_of_them(checkout):
    done = checkout.verify(*TWO, "--durations", "0")
    assert done.returncode == 2
    assert done.stderr == "--durations: expected a number of controls, 1 or more, read 0\n"
