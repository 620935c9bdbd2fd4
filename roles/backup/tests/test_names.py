"""Files under thousands of names: what is left out of a copy, what stays, and how it is told."""

from __future__ import annotations

import fnmatch
import os
import tracemalloc

import pytest
from backup import hollow, manifest, names, run

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
    assert found.paths == matched(found, home)


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


@pytest.fixture
def far(home):
    """A folder whose path is as long as one may be, for a name of 30."""
    folder = home / "bob"
    while len(str(folder)) < 3800:
        folder /= "d" * min(200, 3850 - len(str(folder)))
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("full", [True, False], ids=["names", "hollow"])
def test_names_in_a_long_path_take_no_more_memory_than_others(home, far, monkeypatch, full):
    """Once, 300,000 took a gigabyte, and two million would have taken eight."""
    monkeypatch.setattr(hollow, "ALLOWED", MIB)
    (far / "a").write_bytes(os.urandom(MIB) if full else b"")
    os.truncate(far / "a", MIB)
    linked(far / "a", 5000)
    places = [str(home)]
    tracemalloc.start()
    try:
        sizes = hollow.look(places, [])
        hollows = hollow.leave(places, [], sizes)
        found = names.leave(places, [], sizes, hollows.paths)
        manifest.sample(places, [], 3, found)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found.paths) == (5000 if full else 5001)
    assert peak < 5000 * 1000


def test_where_restic_would_hold_too_many_names_each_file_keeps_one(home, far, monkeypatch):
    """Whatever they claim: what they hold is in the copy; who has one name, keeps it."""
    monkeypatch.setattr(names, "CROWDED", 200 * (4000 * 2 + 1024))
    (far / "a").write_bytes(b"x")
    linked(far / "a", 300)
    (far / "letter").write_text("a neighbour")
    linked(home / "bob/a", 5)
    found = left(home)
    assert {os.path.dirname(one) for one in found.paths} == {str(far)}  # noqa: PTH120
    assert len(found.paths) == 300
    assert str(far / "letter") not in matched(found, home)


def test_a_set_of_paths_is_a_set():
    whole = {"/a/b", "/a/c", "/d", "/é/\udcff"}
    found = hollow.Paths(whole)
    assert found == whole
    assert (len(found), "/a/b" in found, "/a" in found) == (4, True, False)


def test_a_folder_named_twice_is_looked_at_once(home):
    linked(home / "bob/a", 40)
    assert hollow.look([str(home), str(home / "bob")], []) == hollow.look([str(home)], [])


def test_what_is_excluded_does_not_count(home):
    (home / "cache").mkdir()
    linked(home / "bob/a", 600, home / "cache")
    assert left(home, excludes=[str(home / "cache")]).owners == {}


def test_whatever_it_takes_no_neighbour_and_no_folder_is_left_out(home):
    """A thousand folders with names between others: once, all of /home was in no copy."""
    kept = {str(one) for one in home.rglob("*") if one.is_file()}
    for number in range(1005):
        folder = home / f"bob/n{number:04}"
        (folder / "keep").mkdir(parents=True)
        (home / f"bob/n{number:04}-").mkdir()
        linked(home / "bob/a", 1, folder)
    places = [home, home / "anna"]
    found = left(*places)
    assert found.paths == {f"{home}/bob/n{n:04}/name0000" for n in range(1005)}
    assert sorted(found.patterns) == [f"{home}/bob/n{n:04}/n*" for n in range(1005)]
    assert not kept & matched(found, home)
    assert "folder" not in names.in_words(found.owners)


def test_each_owner_of_folders_keeps_a_name(home, monkeypatch):
    """Whoever links a neighbour's file takes no name out of the neighbour's folder."""
    monkeypatch.setattr(names, "_whose", lambda folder: int(folder.startswith(f"{home}/bob")))
    (home / "bob/z").hardlink_to(home / "anna/cur/0")
    os.truncate(home / "bob/z", MIB)
    (home / "aaa").mkdir()
    linked(home / "bob/z", 100, home / "aaa")
    found = left(home)
    assert f"{home}/bob/z" not in found.paths
    assert len(found.paths) == 101


@pytest.mark.parametrize(
    ("mine", "others"),
    [(b"a\xe8", b"a\xe9"), (b"a\xc3x", "a\u00e9".encode()), (b"a\nb", b"a\tb")],
    ids=["no-utf8", "half-a-sign", "line-end"],
)
def test_bytes_that_look_alike_are_told_apart(home, mine, others):
    folder = os.fsencode(home / "bob/x")
    os.mkdir(folder)  # noqa: PTH102
    os.link(home / "bob/a", folder + b"/" + mine)
    (home / "bob/x" / os.fsdecode(others)).write_text("a neighbour")
    linked(home / "bob/a", 100)
    (pattern,) = (one for one in left(home).patterns if "/x/" in one)
    beginning = os.fsencode(pattern.removesuffix("*")).rpartition(b"/")[2]
    assert not others.startswith(beginning)
    assert mine.startswith(beginning) or beginning.startswith(b"a[^\x01-\t")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("plain-é.dcm", "plain-é.dcm"),
        ("a*b?[c]\\", "a\\*b\\?\\[c]\\\\"),
        ("$HOME ", "[$]HOME[ ]"),
        ("two\nlines", "two[^\x01-\t\v-\U0010ffff]lines"),
        (os.fsdecode(b"\xff"), os.fsdecode(b"\xff")),
    ],
)
def test_a_name_becomes_a_pattern_of_one_line_that_fits_no_other(name, pattern):
    assert names.quoted(name) == pattern


def test_what_is_left_out_turns_the_verdict_and_no_name_is_told():
    made = {
        "missing_folders": [], "left_out": {}, "databases": {"d": None},
        "names_left_out": {"bob": {"names": 599, "bytes": 5}},
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
