"""What restic 0.14 (Debian 12) and 0.18 (Debian 13) say, as recorded in the lab, understood."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
from backup import check, restic, run, snapshots, stale, state, status
from backup.config import Repository
from backup.errors import BackupError
from backup.reasons import reason
from backup.restic import Answer, parse_version, ssh_command
from timing import linear

OLD_SUMMARY = (
    '{"message_type":"summary","files_new":165,"files_changed":0,"files_unmodified":0,'
    '"dirs_new":91,"dirs_changed":0,"dirs_unmodified":0,"data_blobs":159,"tree_blobs":70,'
    '"data_added":4333138,"total_files_processed":165,"total_bytes_processed":4121381,'
    '"total_duration":0.547547676,"snapshot_id":"1d057174"}\n'
)
NEW_SUMMARY = (
    '{"message_type":"summary","files_new":154,"files_changed":0,"files_unmodified":0,'
    '"dirs_new":93,"dirs_changed":0,"dirs_unmodified":0,"data_blobs":147,"tree_blobs":70,'
    '"data_added":4359751,"data_added_packed":3356639,"total_files_processed":154,'
    '"total_bytes_processed":4150338,"total_duration":1.236902643,'
    '"backup_start":"2026-11-22T07:55:39.587357186Z","backup_end":"2026-11-22T07:55:40.824259848Z",'
    '"snapshot_id":"741d58269db3dec7b78221a38ef4a8811fff750740d8519d3a2ff68c8a029aa1"}\n'
)
OLD_GONE = (
    '{"message_type":"error","error":{"Op":"lstat","Path":"/srv/D","Err":2},"item":"/srv/D"}\n'
)
OLD_DENIED = '{"message_type":"error","error":{"Op":"open","Path":"/srv/D","Err":13},"item":"/D"}\n'
NEW_DENIED = '{"message_type":"error","error":{"message":"open /srv/D: permission denied"}}\n'
OLD_SNAPSHOT = {
    "time": "2026-11-22T07:54:36.003258721Z", "paths": ["/etc"], "hostname": "imagerie",
    "id": "1d05717451231840044a15041902ee322a6a81110a80d8ac351927138cf415ff",
    "short_id": "1d057174",
}  # fmt: skip
NEW_SNAPSHOT = {
    "time": "2026-11-22T07:55:39.587357186Z", "paths": ["/etc"], "hostname": "medecin",
    "summary": {"total_files_processed": 154, "total_bytes_processed": 4150338},
    "id": "741d58269db3dec7b78221a38ef4a8811fff750740d8519d3a2ff68c8a029aa1",
}  # fmt: skip


def test_versions():
    assert parse_version("restic 0.14.0 compiled with go1.19.8 on linux/amd64") == (0, 14)
    assert parse_version("restic 0.18.0 compiled with go1.24.4 on linux/amd64") == (0, 18)
    with pytest.raises(BackupError):
        parse_version("")


@pytest.mark.parametrize(
    ("answer", "result", "unreadable"),
    [
        (Answer(0, OLD_SUMMARY, ""), "ok", 0),
        (Answer(0, NEW_SUMMARY, ""), "ok", 0),
        (Answer(3, OLD_SUMMARY, OLD_GONE), "ok", 0),
        (Answer(3, OLD_SUMMARY, OLD_GONE + OLD_DENIED), "incomplete", 1),
        (Answer(3, NEW_SUMMARY, NEW_DENIED), "incomplete", 1),
    ],
)
def test_summary(answer, result, unreadable):
    found = run.summary(answer)
    assert (found["result"], found["unreadable"]) == (result, unreadable)
    assert len(found["snapshot"]) == 8
    assert "/srv" not in json.dumps(found)


def test_no_summary_is_a_failure():
    found = run.summary(Answer(1, "", "Fatal: wrong password or no key found\n"))
    assert found == {"result": "failed", "reason": "the repository has another password"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("rclone: x\nwrite /srv/D: no space left on device\nunexpected HTTP response (500)",
         "no space left where the repository is"),
        ("Fatal: unable to open config file: <config/> does not exist\nIs there a repository at"
         " the following location?\nrclone:socle:", "there is no repository yet"),
        ("rclone: ssh: connect to host 10.0.0.3 port 22: Connection timed out",
         "the server does not answer"),
        ("rclone: socle-backup@10.0.0.3: Permission denied (publickey).",
         "the server refuses this host's key"),
        ("rclone: Host key verification failed.",
         "the server's host key is not the declared one"),
        ("unable to create lock in backend: repository is already locked by PID 1",
         "the repository is locked by another restic"),
        ("Fatal: unable to open repository at rclone:socle:: error talking HTTP to rclone: context"
         " canceled", "the connection to the server was cut"),
        ("error for /srv/DUPONT.dcm: something new", "restic ended with code 1; run it by hand to "
         "see why"),
    ],
)  # fmt: skip
def test_reasons_are_our_own_words(said, words):
    assert reason(said, 1) == words


def test_too_little_memory_is_said():
    assert reason("", -9) == reason("fatal error: runtime: out of memory", 2)
    assert "memory" in reason("", -9)


def test_ssh_trusts_declared_keys_only():
    words = ssh_command(Repository("a", "server", address="10.0.0.3", port=2222))
    assert "StrictHostKeyChecking=yes" in words
    assert "GlobalKnownHostsFile=/dev/null" in words
    assert words.endswith("-l socle-backup 10.0.0.3")
    assert "-p 2222" in words


def test_folders_in_a_snapshot():
    lines = [
        json.dumps({"struct_type": "snapshot", "id": "1"}),
        *(json.dumps({"struct_type": "node", "path": path}) for path in
          ("/etc/ssh", "/etc/ssh/moduli", "/srv/empty", "/etc/ssh/sshd_config.d")),
    ]  # fmt: skip
    counted = status.count_entries(lines, ["/etc/ssh", "/srv/empty", "/srv/gone"])
    assert counted == {"/etc/ssh": 2, "/srv/empty": 0, "/srv/gone": None}


def test_sizes_from_the_snapshot_or_the_run_that_made_it():
    now = state.moment("2026-11-22T09:54:36Z")
    runs = [{"repositories": {"s": {"snapshot": "1d057174", "files": 165, "bytes": 4121381}}}]
    old, new = (snapshots.described(one, runs, now) for one in (OLD_SNAPSHOT, NEW_SNAPSHOT))
    assert (old["files"], old["bytes"], old["age_hours"]) == (165, 4121381, 2.0)
    assert (new["files"], new["bytes"]) == (154, 4150338)
    assert snapshots.described(OLD_SNAPSHOT, [], now)["files"] is None


def test_snapshots_of_the_future():
    now = state.moment(OLD_SNAPSHOT["time"])
    assert snapshots.future([OLD_SNAPSHOT], now - timedelta(minutes=10)) == []
    assert len(snapshots.future([OLD_SNAPSHOT], now - timedelta(hours=1))) == 1


def test_canaries_are_no_backups():
    assert snapshots.real([{"tags": ["socle-canary"]}, {"tags": None}, {}]) == [{"tags": None}, {}]


class Locked:
    """A repository with locks in it."""

    def __init__(self, *locks: dict) -> None:
        self.locks, self.calls = list(locks), []

    def run(self, *words: str, **how: object) -> Answer:
        self.calls.append(words[0])
        if self.locks:
            return Answer(1, "", "Fatal: repository is already locked exclusively")
        return Answer(0, "", "")

    def must(self, *words: str, **how: object) -> Answer:
        self.calls.append(words[0])
        if words[0] == "list":
            return Answer(0, "\n".join(map(str, range(len(self.locks)))), "")
        if words[0] == "cat":
            found = self.locks[int(words[2])]
            made = state.now() - timedelta(hours=found["hours"])
            return Answer(0, json.dumps(found | {"time": made.isoformat()}), "")
        self.locks.clear()
        return Answer(0, "", "")


def lock(hours: float, host: str | None = None, pid: int = 2**22 + 1) -> dict:
    """A lock that was renewed so many hours ago, counted when the test begins."""
    return {"hostname": host or stale.os.uname().nodename, "pid": pid, "hours": hours}


@pytest.mark.parametrize(
    ("locks", "owner"),
    [
        ([lock(0)], False),  # its process is gone
        ([lock(2, pid=stale.os.getpid())], False),  # not renewed for hours
        ([lock(2, "medecin")], True),
    ],
)
def test_stale_locks_are_removed(locks, owner):
    target = Locked(*locks)
    assert stale.unlocked(target, "check", owner=owner).code == 0
    assert "unlock" in target.calls


@pytest.mark.parametrize(
    ("locks", "owner"),
    [
        ([lock(0, pid=stale.os.getpid())], False),
        ([lock(2, "sauvegarde")], False),  # somebody else's
        ([lock(0.1, "medecin")], True),  # young
        ([lock(2), lock(0.1, "sauvegarde")], False),
    ],
)
def test_living_locks_are_respected(locks, owner):
    target = Locked(*locks)
    with pytest.raises(BackupError, match=r"locked by .* since"):
        stale.unlocked(target, "check", owner=owner)
    assert "unlock" not in target.calls


def test_each_week_reads_another_part():
    assert {check.part(week) for week in range(1, 53)} == {f"{n}/52" for n in range(1, 53)}
    assert check.part(53) == "1/52"


def test_a_file_that_grows_while_it_is_read_ends_the_copy():
    says = """echo '{"message_type":"status","bytes_done":2000}'; exec sleep 60"""
    began = time.monotonic()
    answer = restic._Process(["sh", "-c", says], [], keep=True).talk(None, None, None, 1000)
    assert time.monotonic() - began < 10
    assert run.summary(answer)["reason"] == "files grew without end while they were read"


def test_verdict_of_a_run():
    record = {"repositories": {"a": {"result": "ok"}}, "databases": {"d": None},
              "missing_folders": [], "left_out": {}, "names_left_out": {}}  # fmt: skip
    assert run.verdict(record) == "ok"
    assert run.verdict({**record, "missing_folders": ["/srv"]}) == "failed"
    assert run.verdict({**record, "databases": {"d": "pg_dump failed"}}) == "failed"
    assert run.verdict({**record, "repositories": {}}) == "failed"
    assert run.verdict({**record, "repositories": {"a": {"result": "incomplete"}}}) == "incomplete"


@pytest.mark.parametrize(
    "again",
    ["pack ", "blob x", "tree x", "timeout, server ", "rclone: ", "rclone stdio ", "connection "],
)
def test_what_a_server_says_twice_as_long_takes_twice_as_long(again):
    assert linear(lambda size: reason(again * (size // len(again)), 1))
