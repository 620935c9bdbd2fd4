"""One run at a time works on a host: whose turn it is, and when it is over."""

from __future__ import annotations

import os
import re
import subprocess
import time
from datetime import datetime
from importlib.resources import files

import pytest

from socle.apply import asking, current, turns
from socle.baseline import runs

SCRIPT = (files("socle.apply") / "turn.sh").read_text(encoding="utf-8")
ELSEWHERE = "00000000-0000-4000-8000-000000000000"
MINE, THEIRS = f"{ELSEWHERE}.1.1", f"{ELSEWHERE}.2.2"


@pytest.fixture
def host(tmp_path):
    """``host(command)``: as on a host where nobody is connected by SSH."""

    def run(command: str) -> subprocess.CompletedProcess[str]:
        script = SCRIPT.replace("turns=/run/socle", f"turns={tmp_path}/socle")
        return subprocess.run(
            ["sh", "-c", f"connection() {{ :; }}\n{script}{command}"],
            text=True, capture_output=True, check=False,
        )  # fmt: skip

    run.record = tmp_path / "socle/turn"
    return run


def held(host, engine: str = "pyinfra", *, pid: int | None = None, ago: int = 0) -> None:
    """Somebody else's run has its turn; its SSH session is the process ``pid``."""
    pid = os.getpid() if pid is None else pid
    start = runs.run_name().rpartition(".")[2]
    host.record.parent.mkdir()
    since = int(time.time()) - ago
    host.record.write_text(f"{THEIRS} {engine} dupont 192.0.2.7 {since} {pid} {start}\n")


def test_the_first_gets_it_and_keeps_it(host):
    assert host(f"turn_take {runs.run_name()} pyinfra ''").returncode == 0
    assert host(f"turn_take {runs.run_name()} pyinfra ''").returncode == 0
    busy = host(f"turn_take {MINE} ansible ''")
    assert busy.returncode == runs.BUSY
    found = runs.holder(busy.stderr)
    assert found is not None
    assert (found.run, found.engine) == (runs.run_name(), "pyinfra")


def test_nobody_else_reads_or_locks_it(host):
    host(f"turn_take {MINE} pyinfra ''")
    assert host.record.parent.stat().st_mode & 0o777 == 0o700
    assert (host.record.parent / "turn.lock").stat().st_mode & 0o777 == 0o600


def test_the_second_is_told_who_since_when(host):
    held(host)
    busy = host(f"turn_take {MINE} ansible ''")
    found = runs.holder(busy.stderr)
    assert found is not None
    assert found.who == "dupont from 192.0.2.7"
    now = datetime.now()
    assert abs((now - found.since).total_seconds()) < 5
    assert runs.occupied(found).startswith(
        "refused before any change: dupont from 192.0.2.7 has worked on this host with pyinfra "
        f"since {found.since:%H:%M}."
    )


def test_it_ends_with_the_session(host):
    held(host, pid=999_999_999)
    assert host(f"turn_take {MINE} pyinfra ''").returncode == 0
    assert host.record.read_text().startswith(MINE)


def test_ansible_closes_connections_while_it_works(host):
    held(host, "ansible", pid=999_999_999, ago=800)
    assert host(f"turn_take {MINE} pyinfra ''").returncode == runs.BUSY


def test_ansibles_ends_by_itself_too(host):
    held(host, "ansible", pid=999_999_999, ago=901)
    assert host(f"turn_take {MINE} pyinfra ''").returncode == 0


def test_ansibles_is_over_where_the_clock_was_set_back(host):
    held(host, "ansible", pid=999_999_999, ago=-3600)
    assert host(f"turn_take {MINE} pyinfra ''").returncode == 0


def test_who_works_since_another_day_is_told_with_the_day():
    found = runs.holder(f"busy {MINE} ansible adm 192.0.2.7 1000000000")
    assert re.search(r" since 2001-09-0[89] \d\d:\d\d\. Run", runs.occupied(found))


def test_a_run_known_to_be_over_has_none(host):
    held(host)
    assert host(f"turn_take {MINE} pyinfra {THEIRS}").returncode == 0


def test_it_is_given_back_by_its_owner_alone(host):
    held(host)
    assert host(f"turn_give {MINE}").returncode == 0
    assert host.record.exists()
    assert host(f"turn_give {THEIRS}").returncode == 0
    assert not host.record.exists()


def test_a_dead_run_of_this_computer_is_over():
    child = subprocess.Popen(["sleep", "60"])
    name = runs.run_name(child.pid)
    assert not runs.ended(name)
    child.kill()
    child.wait()
    assert runs.ended(name)
    assert not runs.ended(runs.run_name())
    assert not runs.ended(THEIRS)


@pytest.mark.parametrize(
    "line",
    ["", "busy", f"busy {MINE} pyinfra a b", f"busy {MINE} pyinfra \x1b[31m 192.0.2.7 1",
     "busy x pyinfra root 192.0.2.7 1", f"busy {MINE} make root 192.0.2.7 1"],
)  # fmt: skip
def test_what_is_no_record_names_nobody(line):
    assert runs.holder(line) is None


def test_a_host_that_is_busy_with_ever_new_dead_runs_is_left_out(monkeypatch):
    asked, boot = [], runs.run_name().partition(".")[0]

    def ask(*_, **_how):
        asked.append(1)
        assert len(asked) < 50, "it asks for ever"
        raise asking.Unanswered(f"busy {boot}.999999999.{len(asked)} pyinfra adm 10.0.0.7 1000")

    def leave_out(reason):
        raise SystemExit(reason)

    monkeypatch.setattr(asking, "ask", ask)
    monkeypatch.setattr(current, "say", lambda _: None)
    monkeypatch.setattr(current, "dry_run", lambda: False)
    monkeypatch.setattr(current, "leave_out", leave_out)
    monkeypatch.setattr(turns, "PATIENCE", 1)
    with pytest.raises(SystemExit, match="has worked on this host with pyinfra"):
        turns.ask_in_turn("true")
