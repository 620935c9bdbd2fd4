"""The kept runs: nothing half-written is read, nothing foreign stops a command."""

import json
import multiprocessing
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from socle.evidence import store
from socle.report.history import read
from socle.verify.verdicts import Verdict

NOW = datetime(2026, 11, 22, 11, 5, tzinfo=UTC)


def run(verdicts=None, finished=NOW, practice="demo", **more):
    """A document as `socle.report.data.build` gives it, as far as the history reads it."""
    answers = {("accueil", "lock"): "pass"} if verdicts is None else verdicts
    hosts = sorted({host for host, _ in answers})
    return {
        "schema": 1,
        "practice": practice,
        "finished": finished.isoformat(),
        "controls": [{"id": control} for control in sorted({c for _, c in answers})],
        "hosts": [
            {
                "name": host,
                "verdicts": [
                    {"control": c, "verdict": v} for (h, c), v in answers.items() if h == host
                ],
            }
            for host in hosts
        ],
        **more,
    }


def test_a_run_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep/history"
    path = store.keep(folder, "run", NOW, run())
    assert path.name == "20261122T110500Z-run.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    (only,) = read(folder, "demo").runs
    assert only.verdicts == {("accueil", "lock"): Verdict.PASS}


def test_the_state_folder_is_the_operators(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert store.state_folder("demo") == tmp_path / "socle/history/demo"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")  # the standard: then it does not count
    assert store.state_folder("demo") == Path.home() / ".local/state/socle/history/demo"


def test_the_cache_is_the_operators(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert store.operator_cache() == tmp_path / "socle"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert store.operator_cache() == Path.home() / ".cache/socle"


def test_no_history_yet(tmp_path: Path) -> None:
    found = read(tmp_path / "nowhere", "demo")
    assert (found.runs, found.applies, found.left_out) == ((), (), ())


def _keep_many(folder: Path, count: int) -> None:
    for _ in range(count):
        store.keep(folder, "run", NOW, run())
        store.forget(folder, 400, NOW)


def test_runs_that_end_in_the_same_second_are_all_kept(tmp_path: Path) -> None:
    pool = [multiprocessing.Process(target=_keep_many, args=(tmp_path, 20)) for _ in range(3)]
    for process in pool:
        process.start()
    while any(process.is_alive() for process in pool):
        assert read(tmp_path, "demo").left_out == ()
    assert [process.exitcode for process in pool] == [0, 0, 0]
    found = read(tmp_path, "demo")
    assert (len(found.runs), found.left_out) == (60, ())
    assert not list(tmp_path.glob(".*"))


def _keep_for_ever(folder: Path) -> None:
    while True:
        store.keep(folder, "run", NOW, run(filler="x" * 200_000))


def test_a_clock_that_was_ahead_ends_no_history_and_hides_nothing(tmp_path: Path) -> None:
    store.keep(tmp_path, "run", NOW, run({("accueil", "lock"): Verdict.PASS}))
    ahead = NOW + timedelta(days=9000)
    store.keep(tmp_path, "run", ahead, run({("accueil", "lock"): Verdict.FAIL}, finished=ahead))
    store.forget(tmp_path, 400, ahead)
    found = read(tmp_path, "demo", now=NOW)
    assert [one.verdicts["accueil", "lock"] for one in found.runs] == [Verdict.PASS]
    assert found.left_out == (
        f"{ahead:%Y%m%dT%H%M%SZ}-run.json: dated {ahead:%Y-%m-%d}, "
        "in the future: a clock was wrong",
    )


def test_the_last_of_a_second_is_the_newest(tmp_path: Path) -> None:
    wanted = [Verdict.PASS, *[Verdict.FAIL] * 10, Verdict.WAIVED]
    for verdict in wanted:
        store.keep(tmp_path, "run", NOW, run({("accueil", "lock"): verdict}))
    kept = read(tmp_path, "demo").runs
    assert [one.verdicts["accueil", "lock"] for one in kept] == wanted
    store.keep(tmp_path, "apply", NOW + timedelta(days=29), {})
    store.forget(tmp_path, 7, NOW + timedelta(days=30))
    (newest,) = read(tmp_path, "demo").runs
    assert newest.verdicts == {("accueil", "lock"): Verdict.WAIVED}


def test_a_killed_run_leaves_nothing_that_is_read(tmp_path: Path) -> None:
    for _ in range(5):
        process = multiprocessing.Process(target=_keep_for_ever, args=(tmp_path,))
        process.start()
        time.sleep(0.1)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    found = read(tmp_path, "demo")
    assert found.runs
    assert found.left_out == ()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("20261122T110500Z-run.json", "{", "broken"),
        ("20261122T110500Z-run.json", "", "broken"),
        ("20261122T110500Z-run.json", "[1]", "broken"),
        ("20261122T110500Z-run.json", '{"schema": 1}', "not what Socle writes"),
        ("20261122T110500Z-run.json", "\udcff", "broken"),
        ("20261122T110500Z-run.json", json.dumps(run(practice="other")), "another practice"),
        ("20261122T110500Z-run.json", json.dumps(run(schema=99)), "newer version"),
        ("20261122T110500Z-run.json", json.dumps(run(schema="1; rm")), "not what Socle writes"),
        (
            "20261122T110500Z-run.json",
            json.dumps(run({("a", "b"): "great"})),
            "not what Socle writes",
        ),
        ("20261122T110500Z-apply.json", json.dumps(run()), "not what Socle writes"),
        ("notes.txt", "hello", "not a file of Socle's history"),
    ],
)
def test_what_is_not_a_run_is_named_and_left_out(tmp_path, name, content, reason) -> None:
    store.keep(tmp_path, "run", NOW + timedelta(days=1), run())
    (tmp_path / name).write_text(content, errors="surrogateescape")
    found = read(tmp_path, "demo")
    assert len(found.runs) == 1
    (line,) = found.left_out
    assert line.startswith(f"{name}: ")
    assert reason in line
    assert "\n" not in line


def test_a_folder_with_a_runs_name_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "20261122T110500Z-run.json").mkdir()
    assert "cannot be read" in read(tmp_path, "demo").left_out[0]


def test_a_name_cannot_write_on_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2J\nb").touch()
    assert read(tmp_path, "demo").left_out[0].startswith("a\\x1b[2J\\nb: ")


def test_old_runs_are_forgotten_but_never_the_newest(tmp_path: Path) -> None:
    for days in (500, 450, 401, 399, 0):
        store.keep(tmp_path, "run", NOW - timedelta(days=days), run())
    store.keep(tmp_path, "apply", NOW - timedelta(days=600), {})
    store.keep(tmp_path, "apply", NOW - timedelta(days=500), {})
    (tmp_path / "20200101T000000Z-notes.json").touch()
    half = tmp_path / ".20261122T110500Z-run.json.abc"
    half.touch()
    os.utime(half, (0, 0))
    store.forget(tmp_path, 400, NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "20200101T000000Z-notes.json",
        "20250710T110500Z-apply.json",
        "20251019T110500Z-run.json",
        "20261122T110500Z-run.json",
    ]
