"""Files under thousands of names: what is left out of a copy, what stays, and how it is told."""

from __future__ import annotations

import fnmatch
import os

import pytest
from backup import hollow, names, run

from roles.backup import copies
from socle.verify.checks import ControlFailed

MIB = 1 << 20


@pytest.fixture
def home(tmp_path):
    """A mailbox whose letters have two names, and a file of somebody who wants to be left out."""
    folder = tmp_path / "home"
    for name in ("anna/cur", "anna/sent", "bob"):
        (folder / name).mkdir(parents=True)
    for number in range(20):
        letter = folder / f"anna/cur/{number}"
        letter.write_bytes(os.urandom(1000))
        (folder / f"anna/sent/{number}").hardlink_to(letter)
    (folder / "bob/a").write_bytes(bytes(MIB))
    return folder


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Bounds that a test can reach."""
    monkeypatch.setattr(hollow, "ALLOWED", 1 << 30)
    monkeypatch.setattr(names, "_LEAST", 64 * MIB)


def linked(file, count, where=None):
    for number in range(count):
        ((where or file.parent) / f"name{number:04}").hardlink_to(file)


def left(*places, excludes=()):
    words = [str(one) for one in places]
    return names.leave(words, excludes, hollow.look(words, excludes))


def matched(found, folder):
    """Paths below a folder that restic's patterns fit: Go and Python read these alike."""
    every = [str(one) for one in folder.rglob("*") if one.is_file()]
    return {one for one in every if any(fnmatch.fnmatchcase(one, p) for p in found.patterns)}


def test_names_that_claim_more_than_a_copy_can_read_are_left_out_all_but_one(home):
    linked(home / "bob/a", 600)
    (home / "bob/letter").write_text("a neighbour")
    found = left(home)
    assert found.owners == {hollow.name(os.getuid()): {"names": 600, "bytes": 600 * MIB}}
    assert matched(found, home) == {str(home / f"bob/name{n:04}") for n in range(600)}
    assert found.patterns == [f"{home}/bob/n*"]
    assert (found.covers(str(home / "bob/name0000")), found.covers(str(home / "bob/a"))) == (1, 0)


def test_letters_with_two_names_and_a_month_of_generations_keep_every_name(home):
    linked(home / "bob/a", 29)
    for number in range(40):
        (home / f"bob/scan{number}").write_bytes(bytes(MIB))
        linked(home / f"bob/scan{number}", 20, next_folder(home, number))
    assert left(home) == names.Left()


def next_folder(home, number):
    folder = home / f"bob/generation{number}"
    folder.mkdir()
    return folder


def test_names_of_empty_files_count_too(home):
    (home / "bob/empty").touch()
    linked(home / "bob/empty", 2000)
    assert sum(one["names"] for one in left(home).owners.values()) == 2000


def test_a_folder_named_twice_is_looked_at_once(home):
    linked(home / "bob/a", 40)
    assert hollow.look([str(home), str(home / "bob")], []) == hollow.look([str(home)], [])


def test_what_is_excluded_does_not_count(home):
    (home / "cache").mkdir()
    linked(home / "bob/a", 600, home / "cache")
    assert left(home, excludes=[str(home / "cache")]).owners == {}


def test_too_many_places_to_tell_apart_are_left_out_as_folders_never_a_declared_one(
    home, monkeypatch
):
    monkeypatch.setattr(names, "_MOST_PATTERNS", 5)
    for number in range(50):
        (home / f"bob/x/{number}").mkdir(parents=True)
        (home / f"bob/x/{number}/name-of-mine").write_text("")
        linked(home / "bob/a", 12, home / f"bob/x/{number}")
    found = left(home)
    assert len(found.patterns) <= 5
    assert (found.folders, found.paths) == (1, {f"{home}/bob/x"})
    assert found.covers(f"{home}/bob/x/3/name-of-mine")
    assert not found.covers(f"{home}/anna/cur/1")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("plain-é.dcm", "plain-é.dcm"),
        ("a*b?[c]\\", "a\\*b\\?\\[c]\\\\"),
        ("$HOME ", "[$]HOME[ ]"),
        ("two\nlines", "two[\t-\v]lines"),
        (os.fsdecode(b"\xff"), "[\ufffd]"),
    ],
)
def test_a_name_becomes_a_pattern_of_one_line_that_fits_no_other(name, pattern):
    assert names.quoted(name) == pattern


def test_what_is_left_out_turns_the_verdict_and_no_name_is_told():
    made = {
        "missing_folders": [], "left_out": {}, "databases": {"d": None},
        "names_left_out": {"bob": {"names": 599, "bytes": 5}}, "folders_left_out": 0,
        "repositories": {"nas": {"result": "ok"}},
    }  # fmt: skip
    assert run.verdict(made) == "incomplete"
    assert run.left_out(made) == [
        "names left out, of files that have too many to read each: 599 of bob (5 bytes)"
    ]
    with pytest.raises(ControlFailed, match="599 of bob"):
        copies.expect_every_name(made)
    copies.expect_every_name(made | {"names_left_out": {}})
    copies.expect_every_name({})  # a run of before
