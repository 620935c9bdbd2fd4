"""Restores: what is planned, what restic is told, what is put where; and what a test compares."""

from __future__ import annotations

import hashlib
import json
import os
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from backup import folders, manifest, paths, patterns, plan, progress, rehearsal, restore, state
from backup.errors import BackupError
from backup.names import Left

NAME = "/srv/images/DUPONT-Jean/série [1].dcm"


def nodes(*entries):
    for path, size in entries:
        kind = "file" if size else "dir"
        node = {
            "struct_type": "node",
            "path": path,
            "type": kind,
            "uid": 1,
            "gid": 1,
            "mode": 0o755,
        }
        yield {**node, "size": size} if size else node


TREE = list(
    nodes(
        ("/etc", 0), ("/etc/hosts", 9), ("/srv", 0), ("/srv/images", 0), ("/srv/images/a", 0),
        ("/srv/images/a/1", 100), ("/srv/images/a/2", 50), ("/srv/images/b", 7),
        ("/srv/images-old", 0), ("/srv/images-old/x", 5),
    )
)  # fmt: skip


def planned(path):
    reader = plan.Reader(path)
    reader.heard({"struct_type": "snapshot", "paths": ["/etc"]})
    for node in TREE:
        reader.heard(node)
    return reader.plan()


def test_a_folder_is_planned_by_its_children():
    found = planned("/srv/images")
    assert [one.paths for one in found.portions] == [["/srv/images/a", "/srv/images/b"]]
    assert (found.files, found.bytes) == (3, 157)
    assert found.itself["path"] == "/srv/images"
    assert list(found.parents) == ["/srv"]


def test_a_file_and_an_empty_folder_are_planned_whole():
    found = planned("/srv/images/a/2")
    assert [one.paths for one in found.portions] == [["/srv/images/a/2"]]
    assert (found.files, found.bytes, found.itself) == (1, 50, None)


def test_everything_is_planned():
    found = planned("/")
    assert [one.paths for one in found.portions] == [["/etc", "/srv"]]
    assert (found.files, found.bytes) == (5, 171)


def test_what_is_not_there_is_refused():
    for path in ("/srv/image", "/home"):
        with pytest.raises(BackupError, match="no such path"):
            planned(path)


def test_portions():
    sizes = [(str(n), 1) for n in range(250)]
    assert [len(one.paths) for one in plan.cut(sizes)] == [100, 100, 50]
    large = [("a", 10 * plan.PORTION_BYTES), ("b", 1), ("c", 1)]
    assert [one.paths for one in plan.cut(large)] == [["a"], ["b", "c"]]


def test_modes_from_go():
    assert plan.unix_mode(2147484141) == 0o755  # a folder
    assert plan.unix_mode(0o750 | 1 << 22) == 0o2750
    assert plan.unix_mode(0o777 | 1 << 20 | 1 << 31) == 0o1777


def test_new_restic_reads_names_from_a_file():
    words, listing = patterns.words([NAME], "/srv/images", (0, 18))
    assert words == ["--include-file", "{patterns}"]
    assert listing == "/srv/images/DUPONT-Jean/s?rie??1?.dcm\n"


def test_old_restic_gets_no_names():
    for _ in range(50):
        words, listing = patterns.words([NAME], "/srv/images", (0, 14))
        assert listing == ""
        pattern = words[1]
        assert pattern.startswith("/srv/images/")
        assert not re.search("DUP|Jean|dcm", pattern.replace("[", "").replace("]", ""))
        assert fnmatchcase(NAME, pattern)
        assert pattern.count("/") == NAME.count("/")


def test_a_blurred_name_finds_few_neighbours():
    pattern = patterns.blurred("/srv/0123456789abcdef0123456789abcdef", "/srv")
    others = (f"/srv/{hashlib.md5(str(n).encode()).hexdigest()}" for n in range(20000))
    assert sum(fnmatchcase(one, pattern) for one in others) < 200


def test_progress_counts_this_runs_rate():
    told = progress.message(there=600, total=1000, before=500, seconds=10)
    assert (told["percent"], told["eta_seconds"]) == (60.0, 40)
    assert progress.message(0, 1000, 0, 5)["eta_seconds"] is None
    assert progress.message(0, 0, 0, 5)["percent"] == 100.0


def test_in_place_keeps_what_only_the_host_has(tmp_path):
    source, target = tmp_path / "staged", tmp_path / "images"
    for path, text in (("a/1", "old"), ("a/2", "old"), ("b", "old")):
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(text)
    for path in ("a/1", "a/3", "b/inside"):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text("new")
    restore._move(source, target)
    found = {str(p.relative_to(target)): p.read_text() for p in target.rglob("*") if p.is_file()}
    assert found == {"a/1": "old", "a/2": "old", "a/3": "new", "b": "old"}
    restore._move(source / "gone", target)  # moved before an interruption


def test_what_is_in_the_way(tmp_path):
    assert not restore._occupied(tmp_path / "gone")
    assert not restore._occupied(tmp_path)
    (tmp_path / ".socle-restore-1").mkdir()
    assert not restore._occupied(tmp_path)
    (tmp_path / "x").touch()
    assert restore._occupied(tmp_path)
    assert restore._occupied(tmp_path / "x")


def test_nobody_elses_link_leads_a_restore(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "Documents"
    link.symlink_to("elsewhere")
    restore.refuse_foreign(link / "letters")  # our own link is as good as a folder
    with folders.opened(link):
        pass
    monkeypatch.setattr(folders, "OWN", (4242,))
    for place in (link, link / "letters"):
        with pytest.raises(BackupError, match="link"):
            restore.refuse_foreign(place)
        with pytest.raises(BackupError, match="link"), folders.opened(place):
            pass


def test_nobody_elses_folder_takes_what_is_restored(tmp_path):
    place = tmp_path / f"{restore.STAGING}012345abcdef"
    with folders.private(place) as staging:
        place.rename(tmp_path / "moved away")  # by who owns the folder above
        (tmp_path / "bait").mkdir()
        place.symlink_to("bait")
        (staging / "letter").touch()
        assert (tmp_path / "moved away/letter").exists()
    with pytest.raises(OSError, match="Not a directory"), folders.private(place):
        pass
    place.unlink()
    place.mkdir(0o755)
    with pytest.raises(BackupError, match="not ours"), folders.private(place):
        pass
    place.chmod(0o700)
    with folders.private(place):
        pass
    assert not place.exists()


def test_who_owns_the_target_leads_root_nowhere_else(tmp_path, monkeypatch):
    """A folder becomes a link after root looked at it."""
    source, target, elsewhere = (tmp_path / one for one in ("staged", "home", "etc"))
    for folder in (source / "d", target / "d", elsewhere):
        folder.mkdir(parents=True)
    (source / "d/cron").touch()
    elsewhere.chmod(0o700)
    listed = Path.iterdir

    def exchanged(folder):
        if folder == source / "d":
            (target / "d").rename(tmp_path / "gone")
            (target / "d").symlink_to(elsewhere)
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", exchanged)
    restore._move(source, target)
    monkeypatch.undo()
    assert list(elsewhere.iterdir()) == []
    assert elsewhere.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "gone/cron").exists()


def test_a_folder_above_is_dressed_before_anybody_can_exchange_it(tmp_path, monkeypatch):
    home, elsewhere = tmp_path / "home", tmp_path / "etc"
    elsewhere.mkdir(0o700)
    node = {"uid": os.geteuid(), "gid": os.getegid(), "mode": 0o750}
    chown = os.chown

    def exchanged(folder, *owner):
        if home.is_dir():
            home.rename(tmp_path / "gone")
            home.symlink_to(elsewhere)
        chown(folder, *owner)

    monkeypatch.setattr(os, "chown", exchanged)
    wanted = plan.Plan([], None, {"/home": node}, 0, 0)
    plan.dress(wanted, tmp_path, tmp_path, tmp_path / "spare")
    assert elsewhere.stat().st_mode & 0o777 == 0o700
    assert home.stat().st_mode & 0o777 == 0o750


def made(folder, text):
    """A home with letters of two persons, one of whom has a very deep folder."""
    for name in ("camille/a", "dominique", "zoé"):
        (folder / name).mkdir(parents=True)
        (folder / name / "letter").write_text(text)
    return folder


@pytest.mark.parametrize("levels", [1500, 3000])
def test_in_place_over_folders_of_any_depth(tmp_path, deep, levels):
    """As deep as restic brings back; and deeper, where only the target is."""
    source, target = made(tmp_path / "staged", "old"), made(tmp_path / "home", "new")
    deep(target / "camille/a", levels)
    deep(source / "camille/a", min(levels, 1500), file="y")
    assert restore._move(source, target) == 0
    assert {one.read_text() for one in target.glob("*/letter")} == {"old"}
    assert os.path.lexists(f"{tmp_path}/home/camille/a/{'a/' * 1500}y")


def test_a_folder_of_any_depth_goes_for_a_file(tmp_path, deep):
    source, target = made(tmp_path / "staged", "old"), made(tmp_path / "home", "new")
    (target / "dominique/letter").unlink()
    (target / "dominique/letter").mkdir()
    deep(target / "dominique/letter", 5000)
    assert restore._move(source, target) == 0
    assert (target / "dominique/letter").read_text() == "old"
    deep(source, 1500)
    folders.remove(source)
    assert not source.exists()


def handles():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_what_somebody_hinders_stays_and_the_rest_goes_on(tmp_path, monkeypatch):
    """As a FUSE mount of a person's does: closed to root."""
    source, target = made(tmp_path / "staged", "old"), made(tmp_path / "home", "new")
    looked = folders.is_folder

    def closed(name, parent=None):
        if name == "dominique":
            raise PermissionError
        return looked(name, parent)

    monkeypatch.setattr(folders, "is_folder", closed)
    open_before = handles()
    assert restore._move(source, target) == 1
    assert handles() == open_before
    assert (source / "dominique/letter").exists()
    assert sorted(one.read_text() for one in target.glob("*/letter")) == ["new", "old"]
    monkeypatch.undo()
    assert restore._move(source, target) == 0
    assert {one.read_text() for one in target.glob("*/letter")} == {"old"}


def test_a_restore_that_leaves_something_says_so_and_keeps_it(tmp_path, monkeypatch):
    target = made(tmp_path / "to/home", "new")
    snapshot = {"id": "d" * 64, "time": "2026-11-22T02:10:00Z"}
    monkeypatch.setattr(restore, "_snapshot", lambda *_: snapshot)
    wanted = plan.Plan([], None, {}, 3, 9)
    monkeypatch.setattr(plan, "make", lambda *_: wanted)
    monkeypatch.setattr(
        restore, "_fetch", lambda *words: made(words[3].folder / "files/home", "old")
    )
    replace = folders.replace

    def refused(source, name, parent=None):
        if source.parent.name == "dominique":
            raise PermissionError
        replace(source, name, parent)

    monkeypatch.setattr(folders, "replace", refused)
    wish = restore.Wish("nas", "latest", "/home", tmp_path / "to", in_place=True)
    with pytest.raises(BackupError, match="1 files or folders could not be put in place") as told:
        restore._restore(None, wish, lambda _: None)
    (staging,) = (tmp_path / "to").glob(f"{restore.STAGING}*")
    assert str(staging) in str(told.value)
    assert (staging / "files/home/dominique/letter").read_text() == "old"
    assert (target / "zoé/letter").read_text() == "old"


def test_a_way_of_any_depth_needs_few_handles(tmp_path, deep):
    deep(tmp_path, 1500)
    with folders.opened(tmp_path / ("a/" * 1500)) as handle:
        assert Path(f"/proc/self/fd/{handle}/x").exists()


def test_names_that_are_no_text_come_back(tmp_path):
    """restic tells of them with other signs."""
    part, files = tmp_path / "part", tmp_path / "files"
    odd = os.fsdecode(b"odd\xff")
    for name in ("plain", odd):
        (part / "home").mkdir(parents=True, exist_ok=True)
        (part / "home" / name).touch()
    restore._gather(part, files, ["/home/odd\ufffd", "/home/plain"])
    assert sorted(one.name for one in (files / "home").iterdir()) == [odd, "plain"]
    with pytest.raises(BackupError, match="not everything"):
        restore._gather(part, files, ["/home/gone"])


def test_progress_and_scratch_of_any_depth(tmp_path, deep, monkeypatch):
    (tmp_path / "scratch").mkdir()
    deep(tmp_path / "scratch", 1500)
    (tmp_path / "scratch/x").write_bytes(b"x" * 5000)
    assert progress.on_disk(tmp_path) == 5000
    monkeypatch.setattr(paths, "SCRATCH", tmp_path / "scratch")
    monkeypatch.setattr(rehearsal.evidence, "record_test", lambda _: None)
    monkeypatch.setattr(rehearsal, "rehearse", lambda *_: {}["made"])
    monkeypatch.setattr(rehearsal, "version", lambda: (0, 14))
    found = rehearsal.rehearsed(None, "accueil", "nas")
    assert (found["result"], found["reason"][:16]) == ("failed", "cannot be judged")
    assert not paths.SCRATCH.exists()


@pytest.fixture
def host(tmp_path, monkeypatch):
    for name in ("STATE", "MANIFEST", "CANARY", "SAMPLE"):
        monkeypatch.setattr(paths, name, tmp_path / "state" / name.lower())
    monkeypatch.setattr(paths, "STATE", tmp_path / "state")
    images = tmp_path / "images"
    for number in range(40):
        file = images / f"DUPONT-{number % 5}" / f"{number}.dcm"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * (number + 1))
    return images


def test_the_hosts_record_holds_no_names(host):
    made = manifest.make("imagerie", [str(host)], [], 20, Left())
    assert len(made["files"]) == 20
    changed = Path(made["files"][0]["path"])
    changed.write_text("changed while it was backed up")
    manifest.keep(made)
    assert not paths.MANIFEST.exists()
    text = paths.SAMPLE.read_text()
    assert "DUPONT" not in text
    assert str(host) not in text
    wanted = rehearsal.expected(made, state.read(paths.SAMPLE, {})[made["made"]])
    assert len(wanted) == 20  # 19 files and the canary
    assert str(changed) not in wanted
    assert wanted[str(paths.CANARY)] == made["canary"]


@pytest.mark.parametrize("put", ["link", "pipe"])
def test_what_took_a_samples_place_is_not_opened(tmp_path, put):
    file = tmp_path / "letter"
    if put == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to("/etc/hostname")
    assert manifest.entry(file) is None


def test_a_false_manifest_is_seen(host):
    made = manifest.make("imagerie", [str(host)], [], 5, Left())
    manifest.keep(made)
    record = state.read(paths.SAMPLE, {})[made["made"]]
    false = json.loads(json.dumps(made))
    false["files"][0]["sha256"] = "0" * 64
    with pytest.raises(BackupError, match="not what this host recorded"):
        rehearsal.expected(false, record)
    assert len(rehearsal.expected(false, None)) == 6, "a host that lost its record"


def test_excluded_files_are_not_sampled(host):
    assert manifest.excluded("/srv/a.tmp", ["*.tmp"])
    assert manifest.excluded("/srv/cache/x/y", ["cache"])
    assert manifest.excluded("/srv/a/x", ["/srv/a"])
    assert not manifest.excluded("/srv/b/x", ["/srv/a", "*.tmp"])
    assert manifest.sample([str(host)], ["*.dcm"], 5, Left()) == []
    assert manifest.sample([], [], 5, Left()) == []


def test_declared_folders_may_be_shown():
    declared = ["/srv", "/srv/images", "/etc"]
    assert rehearsal.public_part("/srv/images/DUPONT/1", declared) == "/srv/images"
    assert rehearsal.public_part("/home/x", declared) == "/"
