"""Settings of an imaging server change together, also on a disk that is full."""

import errno
import os
from types import SimpleNamespace

import pytest
from imaging import change, plan, service
from imaging.change import Wanted
from imaging.errors import Trouble

PLAN = SimpleNamespace(port=8042, account=("socle", ""))


@pytest.fixture
def host(tmp_path, monkeypatch):
    """Two files to be changed, of which one is new; whether the service was started anew."""
    monkeypatch.setattr(change, "STATE", tmp_path / "state")
    monkeypatch.setattr(change, "UNDO", tmp_path / "state/undo.json")
    monkeypatch.setattr(os, "fchown", lambda *_: None)  # who runs the tests need not be root
    old, new = tmp_path / "orthanc/orthanc.json", tmp_path / "orthanc/socle.json"
    old.parent.mkdir()
    old.write_text("before")
    old.chmod(0o640)
    restarts = []
    monkeypatch.setattr(service, "restart", lambda: restarts.append("restart"))
    monkeypatch.setattr(service, "wait", lambda *_: None)
    changes = {old: Wanted("after", 0o640), new: Wanted("new", 0o640)}
    return SimpleNamespace(old=old, new=new, changes=changes, restarts=restarts)


@pytest.fixture
def full(monkeypatch):
    """The disk is full from the write with this number on, for so many writes."""

    def fill(first, writes=1):
        count = iter(range(1, 1000))

        def fsync(_):
            if first <= next(count) < first + writes:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", fsync)

    return fill


def assert_as_before(host):
    assert host.old.read_text() == "before"
    assert [path.name for path in host.old.parent.iterdir()] == ["orthanc.json"]


def test_what_changes_is_read_by_a_service_that_begins_anew(host):
    plan._change(PLAN, host.changes)
    assert (host.old.read_text(), host.new.read_text()) == ("after", "new")
    assert host.restarts == ["restart"]
    assert not change.pending()


def test_a_disk_that_fills_up_halfway_takes_all_back(host, full):
    full(3)  # the way back, the first file, the second file
    wanted = r"socle\.json cannot be written: No space left .*; the former settings are back$"
    with pytest.raises(Trouble, match=wanted):
        plan._change(PLAN, host.changes)
    assert_as_before(host)
    assert not change.pending()
    assert host.restarts == []


def test_a_disk_that_stays_full_is_put_right_by_the_next_run(host, full):
    full(3, writes=2)
    with pytest.raises(Trouble, match=r"could not be put back: .*orthanc\.json cannot be written"):
        plan._change(PLAN, host.changes)
    assert change.pending()
    change.take_back()
    assert_as_before(host)


def test_without_a_way_back_nothing_is_changed(host, full):
    full(1)
    with pytest.raises(Trouble, match=r"undo\.json cannot be written: .*; nothing was changed$"):
        plan._change(PLAN, host.changes)
    assert_as_before(host)
    assert not change.pending()


def test_a_service_that_does_not_answer_begins_anew_with_what_it_had(host, monkeypatch):
    def silent(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(service, "wait", silent)
    with pytest.raises(Trouble, match=r"Too many open files; the former settings are back$"):
        plan._change(PLAN, host.changes)
    assert_as_before(host)
    assert host.restarts == ["restart", "restart"]
