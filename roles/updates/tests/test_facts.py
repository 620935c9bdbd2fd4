"""What the machine is asked about its updates, and what it remembers of its answers."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from programs import program

from socle.machine import apt, units

FILES = Path(__file__).parents[1] / "files"

joined = {
    "apt_ask": program(apt.ASK),
    "units_ask": program(units.ASK),
    "pending": program(FILES / "usr/local/lib/socle/updates/pending.py"),
}
with patch.dict(sys.modules, joined):  # on a host they are one text
    for name in ("keys", "unchanged", "facts"):
        joined[name] = sys.modules[name] = program(FILES / f"{name}.py")
unchanged, facts = joined["unchanged"], joined["facts"]

NOTHING = {"code": 0, "said": ["No packages found that can be upgraded unattended"]}


@pytest.fixture
def apt_files(tmp_path, monkeypatch):
    """The files behind apt's answers, and a place for what is remembered."""
    file = tmp_path / "etc/apt/sources.list"
    file.parent.mkdir(parents=True)
    file.write_text("deb one")
    monkeypatch.setattr(unchanged, "TREES", (str(file.parent),))
    monkeypatch.setattr(unchanged, "FILES", ())
    monkeypatch.setattr(unchanged, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(unchanged, "printed", lambda *_: "")
    return file


def asked_of_apt(answer, name="dry_run"):
    """Whether apt itself was asked."""
    asked = []
    unchanged.answers(unchanged.inputs(), {name: lambda: asked.append(name) or answer})
    return bool(asked)


def test_apt_is_not_asked_again_while_its_files_are_the_same(apt_files):
    assert asked_of_apt(NOTHING)
    assert not asked_of_apt(NOTHING)
    assert not asked_of_apt(NOTHING)
    assert (unchanged.KEPT.stat().st_mode & 0o777) == 0o700


@pytest.mark.parametrize(
    "change", ["content", "mode", "new file", "same size and time", "behind a link"]
)
def test_apt_is_asked_again_after_any_change(apt_files, tmp_path, change):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "pins").write_text("Package: a")
    apt_files.with_name("preferences.d").symlink_to(elsewhere)
    asked_of_apt(NOTHING)
    assert not asked_of_apt(NOTHING)
    before = apt_files.stat()
    if change == "content":
        apt_files.write_text("deb one and two")
    elif change == "mode":
        apt_files.chmod(0o600)
    elif change == "new file":
        apt_files.with_name("new.list").touch()
    elif change == "behind a link":
        (elsewhere / "pins").write_text("Package: b")
    else:
        apt_files.write_text("deb two")
        os.utime(apt_files, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert asked_of_apt(NOTHING)


def test_apt_is_asked_again_on_another_day_and_with_other_settings(apt_files, monkeypatch):
    asked_of_apt(NOTHING)
    monkeypatch.setattr(unchanged.time, "strftime", lambda _: "2000-01-01")
    assert asked_of_apt(NOTHING)
    monkeypatch.setattr(unchanged, "printed", lambda *_: 'APT::Periodic::Enable "0";')
    assert asked_of_apt(NOTHING)


@pytest.mark.parametrize(
    "run",
    [
        None,
        NOTHING | {"code": 1},
        NOTHING | {"code": None},
        {"code": 0, "said": ["Packages that will be upgraded: x"]},
    ],
)
def test_a_run_that_is_bad_or_has_work_is_never_remembered(apt_files, run):
    asked_of_apt(run)
    assert asked_of_apt(run)


def test_files_that_the_settings_name_elsewhere_count(apt_files, monkeypatch, tmp_path):
    pins = tmp_path / "pins"
    said = f'Dir::Etc::Preferences "{pins}";'
    monkeypatch.setattr(unchanged, "printed", lambda *_: said)
    asked_of_apt(NOTHING)
    assert not asked_of_apt(NOTHING)
    pins.write_text("Package: *")
    assert asked_of_apt(NOTHING)


def test_a_run_without_an_end_is_told_as_such(tmp_path, monkeypatch):
    slow = tmp_path / "unattended-upgrade"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(facts, "DRY_RUN", 0.1)
    assert facts.dry_run() == {"code": None, "said": ["no end within 0.1 s"]}
