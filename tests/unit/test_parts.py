"""What takes turns: all within a week, each proof on one day, and it stays that day's."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import parts
import pytest

ROOT = Path(__file__).parents[2]
UNITS = [f"tests/lab/test_{number}.py" for number in range(100)]
MONDAY = 7 * 2956


def test_a_week_has_all_of_them_once():
    days = [parts.chosen(UNITS, day) for day in range(MONDAY, MONDAY + parts.PARTS)]
    assert sorted(one for day in days for one in day) == sorted(UNITS)
    assert all(days)


def test_no_day_has_more_to_do_than_another(monkeypatch):
    weights = {unit: 10 + 7 * number % 300 for number, unit in enumerate(UNITS)}
    monkeypatch.setattr(parts, "SECONDS", weights)
    sums = [sum(map(parts.seconds, day)) for day in parts.split(UNITS)]
    assert max(sums) - min(sums) <= max(weights.values()) / 10


def test_what_shares_machines_is_spread_over_the_week():
    vm = [f"tests/vm/test_disks.py::test_it[{number}]" for number in range(21)]
    days = parts.split([*UNITS, *vm])
    assert [len(set(day) & set(vm)) for day in days] == [3] * parts.PARTS


def test_what_is_weighed_is_there():
    assert [file for file in parts.SECONDS if not (ROOT / file).is_file()] == []


@pytest.mark.parametrize("number", range(1, 15))
def test_mistakes_take_turns(number):
    mistakes = range(number)
    days = [parts.in_turn(mistakes, day) for day in range(MONDAY, MONDAY + 7)]
    assert {one for day in days for one in day} == set(mistakes)
    assert all(len(day) == len(set(day)) == (1 if number <= 7 else 2) for day in days)


def test_the_day_is_that_of_the_commit(monkeypatch):
    day = parts.day.__wrapped__
    monkeypatch.delenv("SOCLE_TEST_DAY", raising=False)
    assert day() > 20_000 or not (ROOT / ".git").exists()
    monkeypatch.setenv("SOCLE_TEST_DAY", "3")
    assert day() == 3


def test_another_week_begins_with_another():
    weeks = [parts.chosen(UNITS, MONDAY + 7 * week) for week in range(8)]
    assert all(set(one) == set(next_) for one, next_ in pairwise(weeks))
    assert len({week[0] for week in weeks}) > 2


@pytest.fixture
def suite(tmp_path):
    """A suite of its own under the real ``tests/conftest.py``, and what pytest makes of it."""
    (tmp_path / "test_whole.py").write_text("def test_a(): pass\ndef test_b(): pass\n")
    (tmp_path / "test_apart.py").write_text(
        "import pytest\npytestmark = pytest.mark.proof(apart=True)\n"
        "@pytest.mark.parametrize('n', range(30))\ndef test_it(n): pass\n"
        "@pytest.mark.proof(in_turn=True)\ndef test_later(): pass\n"
    )

    def run(*words, day=0):
        base = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "no:xdist"]
        config = ("-c", ROOT / "pyproject.toml", "--rootdir", tmp_path, "-p", "conftest")
        done = subprocess.run(
            [*base, *config, tmp_path, *words],
            cwd=tmp_path, env={"PYTHONPATH": str(ROOT / "tests"), "SOCLE_TEST_DAY": str(day)},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode in (0, 5), done.stdout + done.stderr
        return [line for line in done.stdout.splitlines() if "::" in line and "%]" in line]

    return run


def test_a_file_is_never_parted_but_what_stands_apart_is(suite):
    apart = [f"test_apart.py::test_it[{number}]" for number in range(30)]
    units = ["test_whole.py", *apart]
    day = next(n for n in range(parts.PARTS) if "test_whole.py" in parts.chosen(units, n))
    wanted = parts.chosen(units, day)
    assert 1 < len(wanted) < 20
    found = [line.split(" ")[0] for line in suite("--part", day=day)]
    assert [one for one in found if one in apart] == [one for one in wanted if one in apart]
    whole = [one for one in found if one not in apart]
    assert whole == ["test_whole.py::test_a", "test_whole.py::test_b"]


def test_what_did_not_fit_is_named(suite):
    lines = suite("--seconds=-1")
    assert len(lines) == 33
    assert all("SKIPPED (no time left" in line for line in lines)
