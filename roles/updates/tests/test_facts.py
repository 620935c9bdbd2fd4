"""What the machine is asked about its updates, and what it remembers of its answers."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
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


SAID = "2026-11-28 22:01:02,123 INFO All upgrades installed"


@pytest.mark.parametrize(
    "log",
    [
        f"{SAID}\n".encode() + bytes(64) + f"{SAID}\n".encode(),
        f"{SAID}\n2026-11-29 22:01 INFO All upgrades installed\n".encode(),
        b"2026-11-28 22:00:00,000 INFO x \xe9\n" + SAID.encode(),
        f"{SAID}\n2026-99-99 22:01:02,123 INFO All upgrades installed\n".encode(),
    ],
    ids=["zeros", "half a line", "Latin-1", "no date"],
)
def test_the_last_readable_success_counts(tmp_path, monkeypatch, log):
    file = tmp_path / "upgrades.log"
    file.write_bytes(log)
    monkeypatch.setattr(facts, "LOGS", str(file))
    moment, words = facts.last_success()
    assert time.strftime("%F %T", time.localtime(moment)) == "2026-11-28 22:01:02"
    assert words == "All upgrades installed"


def test_a_log_without_a_success_has_none(tmp_path, monkeypatch):
    monkeypatch.setattr(facts, "LOGS", str(tmp_path / "none"))
    assert facts.last_success() == (None, "")


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("7f-8a r-xp 00000000 08:01 42   /usr/lib/x86_64-linux-gnu/libz.so.1.3 (deleted)",
         "/usr/lib/x86_64-linux-gnu/libz.so.1.3"),
        ("7f-8a r--p 00000000 08:01 42   /usr/lib/x86_64-linux-gnu/libz.so.1.3 (deleted)", None),
        ("7f-8a r-xp 00000000 08:01 42   /usr/lib/x86_64-linux-gnu/libz.so.1.3", None),
        ("7f-8a rwxp 00000000 00:01 42   /memfd:x (deleted)", None),
        ("7f-8a r-xp 00000000 08:01 42   /tmp/x.so (deleted)", None),
    ],
)  # fmt: skip
def test_replaced_code_is_told_from_other_memory(line, file):
    found = facts.GONE.search(line)
    assert (found and found[1]) == file


class Versions:
    """Stands for python3-apt: packages with versions, each from an archive."""

    def __init__(self, *packages):
        self.packages = [
            SimpleNamespace(
                name=name,
                current_ver=SimpleNamespace(ver_str=now) if now else None,
                version_list=[
                    SimpleNamespace(ver_str=version, file_list=[(SimpleNamespace(
                        archive=archive, codename=archive, not_automatic=False), 0)])
                    for version, archive in offered
                ],
                get_fullname=lambda pretty, name=name: name,
            )
            for name, now, *offered in packages
        ]  # fmt: skip

    def init(self):
        self.config = SimpleNamespace(set=lambda *_: None)

    def Cache(self, _):  # noqa: N802
        return self

    def version_compare(self, one, other):
        return (one > other) - (one < other)


def published(monkeypatch, *packages, installed=()):
    monkeypatch.setitem(sys.modules, "apt_pkg", Versions(*packages))
    monkeypatch.setattr(joined["pending"], "installed_names", lambda names: set(installed))
    return joined["pending"].published()


def test_the_best_security_version_counts_whatever_pins_say(monkeypatch):
    found, behind = published(
        monkeypatch,
        ("curl", "1", ("1", "trixie"), ("2", "stable-security")),
        ("tzdata", "1", ("2", "trixie")),
        ("newer", "3", ("2", "stable-security")),
        ("absent", None, ("2", "stable-security")),
    )
    assert (found, behind) == ({"curl": True}, [])


KERNELS = (
    ("linux-image-6.1.0-1-amd64", "1", ("1", "trixie")),
    ("linux-image-6.1.0-2-amd64", None, ("2", "stable-security")),
    ("linux-image-6.1.0-3-cloud-amd64", None, ("3", "stable-security")),
)


def test_a_kernel_that_nothing_follows_is_told(monkeypatch):
    _, behind = published(monkeypatch, *KERNELS)
    assert behind == ["linux-image-…-amd64 1, published: 2"]


def test_a_kernel_with_its_metapackage_is_followed(monkeypatch):
    _, behind = published(monkeypatch, *KERNELS, installed=["linux-image-amd64"])
    assert behind == []
