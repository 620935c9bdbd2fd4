"""``socle-backup status`` without a server: what is asked once, tried, and told on a full disk."""

from __future__ import annotations

import errno
import json
from contextlib import nullcontext
from pathlib import Path
from threading import Barrier, Event
from types import SimpleNamespace

import pytest
from backup import paths, snapshots, state, status, try_delete
from backup.restic import Answer

from roles.backup import answers, commands
from socle.commands.console import Screen
from socle.verify.checks import Unknown


def test_verdict_of_attempts():
    assert try_delete.verdict({"forget": "refused", "shell": "refused"}) is True
    assert try_delete.verdict({"forget": "refused", "shell": "unknown"}) is None
    assert try_delete.verdict({"forget": "unknown", "shell": "succeeded"}) is False


class Keeper:
    """A repository with one canary. ``lets``: whether it can be removed."""

    def __init__(self, canary: str, *, lets: bool) -> None:
        self.there, self.lets, self.calls = [canary], lets, []

    def run(self, verb, named, **_):
        self.calls.append(verb)
        found = [one for one in self.there if one.startswith(named)]
        if not found:
            return Answer(0, "", f'Ignoring "{named}": no matching ID found for prefix "{named}"')
        if self.lets:
            self.there.remove(*found)
        return Answer(0, "", "" if self.lets else "403 Forbidden")

    def must(self, verb, *_, **__):
        self.calls.append(verb)
        self.there.append("d" * 64)
        return Answer(0, '{"snapshot_id":"' + "d" * 64 + '"}', "")

    def snapshots(self, **_):
        self.calls.append("snapshots")
        return [{"id": one, "tags": [snapshots.CANARY]} for one in self.there]


@pytest.mark.parametrize(
    ("known", "lets", "said", "asked"),
    [
        ({}, False, "refused", ["snapshots", "forget", "snapshots"]),
        ({"nas": "a" * 16}, False, "refused", ["forget", "snapshots"]),
        ({"nas": "b" * 16}, False, "refused", ["forget", "snapshots"] * 2),
        ({"nas": "a" * 16}, True, "succeeded", ["forget", "snapshots"]),
        ({"nas": "b" * 16}, True, "succeeded", ["forget", "snapshots"] * 2),
    ],
)
def test_only_the_attempt_itself_says_whether_a_canary_can_be_removed(known, lets, said, asked):
    keeper = Keeper("a" * 64, lets=lets)
    trial = try_delete.Trial("accueil", known)
    found, listed = trial.forget("nas", keeper)
    assert found == said
    assert [one["id"] for one in listed] == keeper.there
    assert keeper.calls == asked
    assert known["nas"] == "a" * 16


def test_a_running_backup_leaves_the_attempts_unknown():
    found, listed = try_delete.Trial("accueil", {}, "a backup is running").on(None, None)
    assert (found["refused"], found["error"], listed) == (None, "a backup is running", None)


def test_what_a_snapshot_holds_is_asked_once(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "CONTENTS", tmp_path / "contents.json")
    node = json.dumps({"struct_type": "node", "path": "/srv"})
    asked = []
    target = SimpleNamespace(must=lambda *words, **_: asked.append(words[3]) or Answer(0, node, ""))
    both = ["/srv", "/x"]
    for snapshot, folders in ("a", both), ("a", both[::-1]), ("a", ["/srv"]), ("b", ["/srv"]):
        look = status.Look(SimpleNamespace(folders=folders), None)
        assert look.folders("nas", target, snapshot) == dict.fromkeys(folders) | {"/srv": 0}
        state.write(paths.CONTENTS, look.contents)
    assert asked == ["a", "a", "b"]


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device", "/var/lib/socle/DUPONT")


def test_a_full_disk_hides_nothing_of_what_repositories_say(monkeypatch):
    monkeypatch.setattr(state, "read", lambda _, default: default)
    monkeypatch.setattr(state, "write", full)
    monkeypatch.setattr(try_delete.locks, "alone", lambda *_, **__: nullcontext())
    node = json.dumps({"struct_type": "node", "path": "/srv"})
    look = status.Look(SimpleNamespace(folders=["/srv"]), None)
    target = SimpleNamespace(must=lambda *_, **__: Answer(0, node, ""))
    assert look.folders("nas", target, "a") == {"/srv": 0}
    with try_delete.trial("accueil") as tried:
        assert tried.forget("nas", Keeper("a" * 64, lets=False))[0] == "refused"
    monkeypatch.setattr(try_delete, "_shell", lambda _: "refused")
    monkeypatch.setattr(try_delete, "_sftp", lambda _: "refused")
    monkeypatch.setattr(state, "folder", full)
    keeper = Keeper("a" * 64, lets=False)
    keeper.there.clear()  # another canary is needed
    found, _ = try_delete.Trial("accueil", {}).on(SimpleNamespace(name="nas"), keeper)
    assert (found["refused"], found["error"]) == (None, "No space left on device")


def test_a_record_that_cannot_be_written_is_what_it_was(tmp_path, monkeypatch):
    path = tmp_path / "runs.json"
    state.write(path, ["one"])
    monkeypatch.setattr(state.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        state.write(path, ["two"])
    assert [one.name for one in tmp_path.iterdir()] == ["runs.json"]
    assert state.read(path, []) == ["one"]


@pytest.mark.parametrize(
    "strange",
    [
        {"repositories": 5},
        {"repositories": [5]},
        {"repositories": [{"name": "nas"}]},
        {"served": [{"client": {}, "error": None, "newest": {"time": 5}}]},
    ],
)
def test_a_machine_that_answers_strangely_hides_no_other(monkeypatch, capsys, strange):
    said = {"accueil": {"repositories": [DISK]}, "medecin": strange}
    asked_of(monkeypatch, said, said.__getitem__)
    assert commands.status(Path("p")) == 4
    shown = capsys.readouterr().out
    assert "not plugged in" in shown
    assert "not the expected answer" in shown


DISK = {"name": "coffre", "kind": "disk", "last_copy": None, "attached": False}


def asked_of(monkeypatch, names, status):
    settings = {"backup_targets": [1], "backup_served": []}
    hosts = [SimpleNamespace(name=name, settings=settings) for name in names]
    links = SimpleNamespace(link=lambda name: name)
    monkeypatch.setattr("socle.baseline.load", lambda practice, **_: None)
    monkeypatch.setattr(commands, "chosen", lambda practice, limit: hosts)
    monkeypatch.setattr(commands, "connected", lambda practice: nullcontext(links))
    monkeypatch.setattr("socle.verify.backend.testinfra_host", lambda link: link)
    monkeypatch.setattr(answers, "status", status)
    monkeypatch.setattr(commands, "SCREEN", Screen(width=200))


def test_more_rows_than_declared_are_not_the_expected_answer(monkeypatch, capsys):
    row = {"client": "x", "error": None}
    said = {
        "accueil": {"repositories": [DISK]},
        "medecin": {"served": [row] * 1_000},
        "serveur": {"served": [row | {"client": "y" * 10_000}]},
    }
    asked_of(monkeypatch, said, said.__getitem__)
    assert commands.status(Path("p")) == 4
    shown = capsys.readouterr().out
    assert "not plugged in" in shown
    assert shown.count("not the expected answer") == 1
    assert 0 < shown.count("y") < 400
    assert len(shown.splitlines()) < 40


def test_machines_are_asked_side_by_side_and_nobody_waits_for_the_slowest(monkeypatch, capsys):
    others, shown = Barrier(2), Event()

    def status(name):
        if name == "slow":
            assert shown.wait(10)
        else:
            others.wait(10)
        return {"repositories": [DISK]}

    asked_of(monkeypatch, ["slow", "accueil", "medecin"], status)
    came = []
    for name, answer in commands._answers(SimpleNamespace(link=str), commands.chosen(None, None)):
        came.append((name, "error" in answer))
        if len(came) == 2:
            shown.set()
    assert sorted(came[:2]) == [("accueil", False), ("medecin", False)]
    assert came[2] == ("slow", False)


def test_an_answer_of_megabytes_is_not_read():
    flood = SimpleNamespace(stdout="[" * (5 << 20), stderr="")
    with pytest.raises(Unknown, match="too large"):
        answers.status(SimpleNamespace(run=lambda *_, **__: flood))
    deep = SimpleNamespace(stdout="[" * 200_000, stderr="")
    with pytest.raises(Unknown):
        answers.status(SimpleNamespace(run=lambda *_, **__: deep))
