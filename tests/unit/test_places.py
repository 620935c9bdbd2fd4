"""Where a file cannot be written, a command says so in a sentence and ends with 2, never with 1."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from checkouts import Checkout

from socle.errors import SocleError
from socle.evidence import files

SOCLE = Path(sys.executable).parent / "socle"
pytestmark = pytest.mark.usefixtures("own_places")
KINDS = ("json", "html", "pdf", "sarif", "oscal", "junit")


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path / "checkout")


@pytest.fixture
def full(monkeypatch):
    """A disk that takes no byte."""

    def refuse(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)


def test_a_report_that_has_no_place_costs_no_verification(checkout):
    for kind, place in zip(KINDS, ["build", "/proc/nosuch/r", *["build"] * 4], strict=True):
        (checkout.root / "build").mkdir(exist_ok=True)
        done = checkout.verify("--control", "toy-servers", f"--{kind}", place)
        assert done.returncode == 2, done
        assert done.stderr.startswith(f"{place}: ")
        assert done.stderr.count("\n") == 1
        assert not list(checkout.root.glob("touched-*"))  # no machine was asked


def test_a_pipe_may_take_junit(checkout):
    done = checkout.verify("--control", "toy-settings", "--junit", "/dev/null")
    assert done.returncode == 0, done


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder", "expected a name for a file, this is a folder"),
        ("file/report.json", "expected a folder for it, {folder}/file is none"),
        ("pipe", "expected a plain file, or a new name"),
        ("n" * 300, "File name too long"),
    ],
)
def test_what_takes_no_file(tmp_path, name, said):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.iterdir())
    for attempt in (files.try_place, lambda path: files.put(path, b"x")):
        with pytest.raises(SocleError) as caught:
            attempt(tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name}: {said.format(folder=tmp_path)}"
    assert sorted(tmp_path.iterdir()) == before


def test_a_full_disk_keeps_what_was_there(tmp_path, full):
    place = tmp_path / "report.json"
    place.write_text("before")
    for attempt in (files.try_place, lambda path: files.put(path, b"x")):
        with pytest.raises(SocleError, match=r"report\.json: No space left on device"):
            attempt(place)
    assert place.read_text() == "before"
    assert list(tmp_path.iterdir()) == [place]


def test_a_place_that_is_good_is_left_as_it_was(tmp_path):
    files.try_place(tmp_path / "new/report.json")
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["flows", "inventories/p", "--svg", "/proc/nosuch/a.svg"],
        ["region", "inventories", "--html", "/proc/nosuch/a.html"],
        ["region", "inventories", "--csv", "inventories"],
        ["region", "inventories", "--refused", "inventories"],
        ["region", "inventories", "--state", "/proc/nosuch/state"],
        ["generate", "--root", "/proc/nosuch"],
    ],
)
def test_every_command_ends_with_a_sentence(toy, words):
    done = subprocess.run(
        [SOCLE, *words], cwd=toy.root, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()
