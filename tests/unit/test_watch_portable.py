"""The program that verifies on a machine: complete, the same bytes every time, nobody's own."""

import platform
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import socle
from socle.errors import SocleError
from socle.verify.provenance import checks_digest
from socle.watch import portable

ROOT = Path(socle.__file__).parents[1]
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
pytestmark = pytest.mark.skipif(
    HERE not in portable.PYTHONS or platform.machine() not in portable.MACHINES,
    reason="no machine of a practice has this Python: its libraries would have to be fetched",
)


@pytest.fixture(scope="module")
def archive():
    return portable.build(ROOT, HERE, platform.machine())


@pytest.fixture(scope="module")
def unpacked(archive, tmp_path_factory):
    folder = tmp_path_factory.mktemp("host") / archive.name.removesuffix(".tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder


def isolated(folder, code):
    """What ``code`` prints in a Python that has nothing but its library and ``folder``."""
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"
    words = [sys.executable, "-I", "-S", "-B", "-c", code]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def test_the_same_files_give_the_same_bytes(archive, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    again = portable.build(ROOT, HERE, platform.machine())
    assert again != archive
    assert (again.name, again.read_bytes()) == (archive.name, archive.read_bytes())


def test_it_needs_nothing_of_the_machine_but_python(unpacked):
    code = "import socle.watch.run, socle.watch.telling, testinfra.host; print(socle.__file__)"
    assert isolated(unpacked, code) == str(unpacked / "socle/__init__.py")


def test_the_rooms_checks_find_there_all_that_they_import(unpacked):
    code = (
        "from pathlib import Path; from socle.baseline import packages;"
        f"root = Path({str(unpacked)!r});"
        "found = sorted(root.glob('roles/*/test_*.py'));"
        "print(len([packages.load(root, file.parent.name, file.stem) for file in found]))"
    )
    assert int(isolated(unpacked, code)) == len(list(ROOT.glob("roles/*/test_*.py")))


def test_it_judges_with_the_checks_of_this_checkout(unpacked):
    code = (
        "from pathlib import Path; from socle.verify.provenance import checks_digest;"
        f"print(checks_digest(Path({str(unpacked)!r})))"
    )
    assert isolated(unpacked, code) == checks_digest(ROOT)


def test_nothing_of_the_operators_computer_is_in_it(unpacked):
    place = str(ROOT).encode()
    files = [path for path in unpacked.rglob("*") if path.is_file()]
    assert not [path for path in files if place in path.read_bytes()]
    assert not [path for path in files if path.name in {"direct_url.json", "RECORD"}]


def test_it_can_be_sent_within_seconds_over_a_slow_line(archive):
    assert archive.stat().st_size < 8_000_000


@pytest.mark.parametrize(("python", "machine"), [("3.12", "x86_64"), ("3.13", "riscv64")])
def test_a_machine_that_no_debian_12_or_13_is_gets_one_sentence(python, machine):
    with pytest.raises(SocleError, match=rf"this one has {python} {machine}"):
        portable.build(ROOT, python, machine)
