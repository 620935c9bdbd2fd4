"""Files that claim far more than they hold: what is left out of a copy, and how it is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from backup import dumps, hollow, manifest, names, paths, run
from backup.config import Config

from roles.backup import copies
from socle.verify.checks import ControlFailed

MIB = 1 << 20
TIB = 1 << 40


def claims(path, size):
    with path.open("wb") as file:
        file.truncate(size)
    return path


@pytest.fixture
def home(tmp_path):
    """A folder with a file that holds what it claims."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "scan.dcm").write_bytes(os.urandom(3 << 20))
    return folder


@pytest.fixture(autouse=True)
def nobody_else(tmp_path, monkeypatch):
    """No account of this computer's that may give files away."""
    hollow._subordinate.cache_clear()
    monkeypatch.setattr(hollow, "SUBORDINATE", tmp_path / "subuid")
    yield
    hollow._subordinate.cache_clear()


def left(folder):
    return hollow.leave([str(folder)], [], hollow.look([str(folder)], []))


def names_of(found):
    return sorted(Path(path).name for path in found.paths)


def given(path, owner):
    os.chown(path, owner, -1)
    return path


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: gives files to others")


@pytest.mark.parametrize("sizes", [[7 * TIB], [TIB // 3] * 4], ids=["one", "many"])
def test_what_claims_more_than_a_copy_can_read_is_left_out(home, sizes):
    for number, size in enumerate(sizes):
        claims(home / f"big{number}", size)
    found = left(home)
    assert (found.owners, found.claimed) == ({os.getuid(): len(sizes)}, sum(sizes))
    limit = hollow.look([str(home)], []).limit()
    assert limit == TIB
    assert names_of(found) == [f"big{n}" for n, size in enumerate(sizes) if size <= limit]


def test_hollow_files_below_a_large_one_that_is_full_are_left_out_too(home, monkeypatch):
    """By their names: their size says nothing."""
    monkeypatch.setattr(hollow, "ALLOWED", 2 * MIB)
    for number in range(30):
        claims(home / f"small{number}", MIB)
    found = left(home)
    assert len(found.paths) == 30
    made = names.leave([str(home)], [], hollow.look([str(home)], []), found.paths)
    assert made.patterns == [f"{home}/sm*"]
    assert made.owners == {}


@as_root
def test_nobodys_hollow_files_push_out_anybody_elses(home, monkeypatch):
    monkeypatch.setattr(hollow, "ALLOWED", 10 * MIB)
    given(claims(home / "disk.img", 9 * MIB), 4001)
    for number in range(30):
        given(claims(home / f"bob{number:02}", MIB), 4002)
    found = left(home)
    assert found.owners == {4002: 30}
    assert "disk.img" not in names_of(found)


@as_root
def test_the_numbers_that_a_person_may_give_files_to_are_that_persons(home, monkeypatch):
    monkeypatch.setattr(hollow, "ALLOWED", 10 * MIB)
    hollow.SUBORDINATE.write_text("# none\ngone:7:7\n4002:200000:65536\n")
    for number in range(30):
        given(claims(home / f"bob{number:02}", MIB), 200000 + number)
    assert left(home).owners == {4002: 30}
    assert names._whose(str(given(home, 265535))) == 4002


def test_a_file_that_holds_what_it_claims_is_never_left_out(home):
    found = hollow.Sizes(full=2 * TIB, hollow=[(TIB, 0), (TIB, 0), (7 * TIB, 0)])
    assert found.limit() == 2 * TIB
    assert found.limits() == {0: TIB - 1}
    assert left(home) == hollow.Left()


def test_a_file_system_that_knows_no_holes_has_no_hollow_files(home, monkeypatch):
    claims(home / "big", 7 * TIB)
    monkeypatch.setattr(os, "lseek", lambda *_: 7 * TIB)
    assert hollow.look([str(home)], []).full == 7 * TIB


def test_small_files_that_hold_nothing_do_not_count_as_held(home):
    """They would let names claim thirty times as much."""
    for number in range(20):
        claims(home / f"small{number}", MIB)
        claims(home / f"smaller{number}", MIB >> 4)
    found = hollow.look([str(home)], [])
    assert found.held == 3 * MIB
    assert found.hollow == [(MIB, os.getuid())] * 20


def test_what_a_disk_image_holds_counts_and_no_more(home):
    with claims(home / "disk.img", 20 * MIB).open("r+b") as file:
        file.write(os.urandom(MIB))
    assert hollow.look([str(home)], []).held == 4 * MIB


def test_where_no_blocks_are_told_a_file_holds_what_it_claims(home, monkeypatch):
    claims(home / "small", MIB)
    monkeypatch.setattr(os, "lseek", lambda *_: MIB)
    assert hollow.look([str(home)], []).held == 4 * MIB


def test_a_virtual_disk_is_copied_and_what_is_excluded_does_not_count(home):
    claims(home / "disk.img", 200 << 30)
    (home / "cache").mkdir()
    claims(home / "cache/map", 7 * TIB)
    found = hollow.look([str(home)], [f"{home}/cache"])
    assert found.hollow == [(200 << 30, os.getuid())]
    assert hollow.leave([str(home)], [f"{home}/cache"], found) == hollow.Left()


@pytest.fixture
def record(home, tmp_path, monkeypatch):
    """A run that begins, its words, and its record afterwards."""
    monkeypatch.setattr(paths, "STATE", tmp_path)
    for name in ("DUMPS", "MANIFEST", "CANARY", "SAMPLE", "SCRATCH", "CACHE"):
        monkeypatch.setattr(paths, name, tmp_path / name.lower())
    monkeypatch.setattr(dumps, "make", lambda _: {})
    monkeypatch.setattr(dumps, "clean", lambda: None)
    monkeypatch.setattr(manifest, "make", lambda *_: {})
    monkeypatch.setattr(manifest, "keep", lambda _: None)
    config = Config(host="accueil", folders=(str(home),))

    def ran(meanwhile=lambda: None):
        made = run.new_record(config)
        with run.prepared(config, made) as wanted:
            meanwhile()
        made["repositories"]["nas"] = {"result": "ok", "reason": None, "snapshot": None}
        assert TIB + (3 << 20) <= wanted.most < TIB + (4 << 20)
        return wanted, made

    return ran


def test_a_run_that_leaves_files_out_is_incomplete_and_says_whose(home, record):
    claims(home / "martin-jean.iso", 7 * TIB)
    claims(home / "martin-2.iso", TIB)
    claims(home / "martin-0.iso", MIB // 2)
    wanted, made = record()
    words = wanted.words
    assert words[words.index("--exclude-larger-than") + 1] == str(TIB)
    assert wanted.patterns == f"{home}/martin-2*\n"
    assert made["left_out"] == {hollow.name(os.getuid()): 2}
    assert run.verdict(made) == "incomplete"
    assert "martin" not in " ".join([hollow.in_words(made["left_out"]), *words])
    with pytest.raises(ControlFailed, match="left out"):
        copies.expect_nothing_left_out(made)


def test_what_is_made_while_the_copy_runs_is_said_too(home, record):
    _, made = record(lambda: claims(home / "late", 7 * TIB))
    assert sum(made["left_out"].values()) == 1


def test_a_run_with_every_file_is_good(record):
    _, made = record()
    assert (made["left_out"], run.verdict(made)) == ({}, "ok")
    copies.expect_nothing_left_out(made)
