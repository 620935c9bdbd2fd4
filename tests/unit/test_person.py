"""What root asks of a person: as that person, bounded, and without traces."""

from __future__ import annotations

import os
import pwd
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from socle import person

ME = pwd.getpwuid(os.getuid())
NOBODY = pwd.getpwnam("nobody")
PATH = {"PATH": "/usr/bin:/bin"}
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another person")


def shell(script, account=ME, **how):
    return person.run(["sh", "-c", script], account, PATH, **how)


def test_an_answer_is_a_code_and_a_text():
    assert shell("echo a; exit 3") == (3, "a\n")
    assert shell("echo a >&2") == (0, "")
    assert shell("echo a >&2", errors=subprocess.STDOUT).text == "a\n"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("head -c 2500M /dev/zero", "more than 1 MiB"),
        ("yes | cat & yes", "more than 1 MiB"),
        ("sleep 60", "no end within 1 s"),
        ("exec >&-; sleep 60", "no end within 1 s"),
        ("kill -STOP $$", "no end within 1 s"),
    ],
)
def test_what_is_too_much_is_no_answer(script, why):
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(person.Unread, match=why):
        shell(script, seconds=1)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB
    assert time.monotonic() - began < 5


def test_what_a_program_leaves_behind_is_ended_and_not_waited_for():
    began = time.monotonic()
    said = shell("sleep 61 & echo $!")
    left = Path(f"/proc/{said.text.strip()}/cmdline")
    while left.exists() and left.read_text():  # nobody may have waited for what has ended
        assert time.monotonic() - began < 5
        time.sleep(0.05)


def test_memory_and_files_have_limits():
    grow = "import sys; sys.stdout.write(str(len(bytes(2 << 30))))"
    assert person.run([sys.executable, "-ISc", grow], ME, PATH).code == 1
    assert "unlimited" not in shell("ulimit -v; ulimit -t; ulimit -f").text
    assert "NoNewPrivs:\t1" in shell("cat /proc/self/status").text


@AS_ROOT
def test_a_person_is_asked_as_that_person():
    assert shell("id -u; id -Gn", NOBODY).text.split() == [str(NOBODY.pw_uid), "nogroup"]


@pytest.fixture
def link(tmp_path):
    """A link that ``nobody`` may follow; where to is the test's."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    return tmp_path / "kscreenlockerrc"


@AS_ROOT
def test_a_link_leads_nobody_to_a_file_of_root(link, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    link.symlink_to(secret)
    assert person.read_as(str(link), NOBODY, PATH) == ""
    assert person.read_as(str(link), ME, PATH) == "secret"


@pytest.mark.parametrize("place", ["/dev/zero", "pipe"])
def test_a_link_to_what_never_ends_is_no_answer(link, tmp_path, monkeypatch, place):
    monkeypatch.setitem(person.run.__kwdefaults__, "seconds", 1.0)
    os.mkfifo(tmp_path / "pipe")
    link.symlink_to(place)
    with pytest.raises(person.Unread):
        person.read_as(str(link), ME, PATH)


def test_environments_are_read_as_far_as_they_are_worth(monkeypatch):
    given = {"DCONF_PROFILE": "mine", "OTHER": "x" * 100}
    pipe = subprocess.PIPE
    process = subprocess.Popen(["sh", "-c", "echo; read x"], env=given, stdin=pipe, stdout=pipe)
    try:
        process.stdout.readline()  # it runs
        own = Path(f"/proc/{process.pid}")
        found = dict(person.environments(os.getuid(), ["DCONF_PROFILE"]))
        assert found[own] == {"DCONF_PROFILE": "mine"}
        monkeypatch.setattr(person, "MOST", 100)
        with pytest.raises(person.Unread, match="one too large"):
            list(person.environments(os.getuid(), []))
    finally:
        process.communicate()


def test_an_environment_too_large_for_a_program_is_no_answer():
    with pytest.raises(person.Unread, match="too long"):
        person.run(["true"], ME, {"BIG": "x" * (1 << 20)})
