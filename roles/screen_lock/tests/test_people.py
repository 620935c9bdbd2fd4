"""What the room's check sends to ask people, joined into one program."""

from __future__ import annotations

import ast
import json
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from socle import person
from socle.machine import programs

ROOM = Path(__file__).parents[1] / "files"
PROGRAMS, SHELLS = (
    (Path(person.__file__), ROOM / "people.py", ROOM / f"{last}.py")
    for last in ("observe", "shells")
)
NOBODY = pwd.getpwnam("nobody")
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another person")


def joined(parts=PROGRAMS) -> str:
    """What the check sends."""
    return programs.python(*parts).text


@pytest.mark.parametrize("parts", [PROGRAMS, SHELLS], ids=["observe", "shells"])
def test_the_joined_programs_have_no_name_twice(parts):
    names = Counter(
        name
        for node in ast.parse(joined(parts)).body
        for name in (
            [node.name]
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            else [t.id for t in getattr(node, "targets", []) if isinstance(t, ast.Name)]
        )
    )
    assert [name for name, count in names.items() if count > 1] == []


DOTFILES = {
    ".profile": "date >~/made; date >/tmp/made; echo x >>/var/tmp/made; export DCONF_PROFILE=mine\n"
    "setsid sleep 1234 & readonly TMOUT=600\n",
    ".config/kscreenlockerrc": "[Patient]\nName=DUPONT\n[Daemon][$i]\nTimeout=1\nNote=DUPONT\n",
}


@pytest.fixture(params=["/var/tmp", "/tmp"])  # /tmp itself is covered, too
def home(request):
    """The home of ``nobody``, where a check may mount over it."""
    place = Path(tempfile.mkdtemp(dir=request.param))
    yield from filled(place)
    shutil.rmtree(place)


def filled(place):
    for name, text in DOTFILES.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for path in (place, *place.rglob("*")):
        os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
    yield place


@AS_ROOT
def test_a_persons_answers_come_from_a_home_that_stays_as_it_is(home):
    request = {
        "person": "nobody",
        "processes": 5000,
        "greeter": False,
        "keys": [],
        "desktops": {"xfce": False, "kde": True},
        "kde": ["Timeout"],
    }
    account = f"pwd.struct_passwd((*pwd.getpwnam(about)[:5], {str(home)!r}, '/bin/bash'))"
    source = joined().replace("pwd.getpwnam(about)", account)
    aside = ast.literal_eval(re.search(r"ASIDE = (\(.*?\))", joined(), re.DOTALL)[1])
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    words = [*aside, "/usr/bin/python3", "-IB", "-c", source, json.dumps(request)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    found = json.loads(done.stdout or done.stderr)
    assert found["unread"] == {}
    assert found["timeout"] == ["600", True]
    assert found["login"] == {"DCONF_PROFILE": "mine"}
    assert found["kde"][0] == "[Daemon][$i]\nTimeout=1"
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before
    assert not Path("/var/tmp/made").exists()
    assert "sleep 1234" not in subprocess.check_output(["ps", "ax", "-o", "args"], text=True)


TIMEOUT = '[ -n "$TMOUT" ] || { TMOUT=600; readonly TMOUT; export TMOUT; }\n'
LEFT_ALONE = (["600", "bash rx"], ["600", "bash x"])


@AS_ROOT
@pytest.mark.parametrize(
    ("profile", "bashrc", "login", "window"),
    [
        ("", "alias printf=false exit=:", *LEFT_ALONE),
        ("", "unset TMOUT", LEFT_ALONE[0], ["", "bash "]),
        ("", "PROMPT_COMMAND='TMOUT=0'", LEFT_ALONE[0], ["0", "bash x"]),
        ("case $- in *i*) exec dash;; esac", "", ["600", ""], LEFT_ALONE[1]),
        ("", "exec dash", LEFT_ALONE[0], ["600", ""]),
        ("case $- in *i*) exec cat;; esac", "", None, LEFT_ALONE[1]),
        ("", "echo Bienvenue", *LEFT_ALONE),
    ],
)
def test_shells_are_asked_at_their_prompts(profile, bashrc, login, window):
    place = Path(tempfile.mkdtemp(dir="/var/tmp"))
    try:
        (place / ".bash_profile").write_text(f"{TIMEOUT}{profile}\n")
        (place / ".bashrc").write_text(f"{bashrc}\n")
        for path in (place, *place.rglob("*")):
            os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
        account = f"pwd.struct_passwd((*pwd.getpwnam(whose)[:5], {str(place)!r}, '/bin/bash'))"
        source = joined(SHELLS).replace("pwd.getpwnam(whose)", account)
        aside = ast.literal_eval(re.search(r"ASIDE = (\(.*?\))", joined(), re.DOTALL)[1])
        request = json.dumps({"person": "nobody", "uids": [1, 2]})
        words = [*aside, "/usr/bin/python3", "-IB", "-c", source, request]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        found = json.loads(done.stdout or done.stderr)
        assert found == {"shell": "/bin/bash", "unread": {}, "login": login, "window": window}
    finally:
        shutil.rmtree(place)
