"""People of a machine as attackers: root waits for nobody and leaves no trace with anybody."""

from __future__ import annotations

import gzip
import json

import pytest

from socle.lab import run
from socle.verify.verdicts import Verdict

pytestmark = pytest.mark.lab

MACHINE = "accueil"
SECRET = "secret-de-root"
LOCK, TIMEOUT = "screen-lock-kde-xfce", "shell-timeout"
NEW = "nouvelle"
"""Somebody who never logged in."""
PEOPLE = f"""
for name in eve {NEW}; do useradd --create-home --shell /bin/bash $name; done
install -m 600 /dev/stdin /root/secret <<'X'
[Daemon]
Timeout={SECRET}
X
install -m 755 /dev/null /usr/local/bin/startplasma-x11  # so that Plasma's file is read
"""
GONE = f"for name in eve {NEW}; do userdel --remove --force $name; done; " \
    "rm -f /root/secret /usr/local/bin/startplasma-x11"  # fmt: skip
PROFILES = {
    "head -c 2500M /dev/zero": "more than 1 MiB",
    "sleep 600": "no end within 8 s",
    "x=$(yes | head -c 2500M)": "the login shell ended with",
}
PLACES = {"/root/secret": None, "/dev/zero": "more than 1 MiB", "fifo": "no end within 8 s"}

# What changes by itself, and what a login leaves.
OTHERS = ("/dev", "/proc", "/run", "/sys", "/tmp", "/var/log", "/var/lib/systemd")
TREE = "find / {} -printf '%p %y %s %T@ %C@ %m %U\\n' | sort".format(
    " ".join(f"-path {place} -prune -o" for place in OTHERS)
)


@pytest.fixture(scope="module")
def attacked(cabinet):
    """The reception, hardened, with two more people."""
    cabinet.harden()
    cabinet.root_on(MACHINE, PEOPLE)
    yield cabinet
    cabinet.root_on(MACHINE, GONE)


def as_eve(practice, script, code=0):
    done = run(practice.lab, MACHINE, f"runuser -u eve -- sh -c 'cd; {script}'", timeout=60)
    assert done.returncode == code, done
    return done.stdout


def verdict(practice, control):
    return practice.verdicts(limit=(MACHINE,), controls=(control,))[MACHINE, control]


def test_a_verification_leaves_no_trace(attacked):
    machines = (MACHINE, "imagerie", "sauvegarde")
    before = {name: attacked.root_on(name, TREE) for name in machines}
    attacked.verdicts()
    for name in machines:
        seen = set(attacked.root_on(name, TREE).splitlines())
        assert sorted(seen ^ set(before[name].splitlines())) == []


@pytest.mark.parametrize("profile", PROFILES)
def test_nobodys_login_shell_takes_more_than_it_is_given(attacked, profile):
    as_eve(attacked, f'mv .profile kept; echo "{profile}" >.profile')
    try:
        found = verdict(attacked, TIMEOUT)
    finally:
        as_eve(attacked, "mv kept .profile")
    assert found.verdict is Verdict.UNKNOWN
    assert found.detail.startswith(f"eve: login: {PROFILES[profile]}")


@pytest.mark.parametrize("place", PLACES)
def test_a_link_leads_root_to_nothing(attacked, tmp_path, place):
    link = ".config/kscreenlockerrc"
    as_eve(attacked, f"mkdir -p .config; cd .config; mkfifo fifo; ln -s {place} kscreenlockerrc")
    words = ("--limit", MACHINE, "--control", LOCK, "--evidence", tmp_path)
    try:
        said = attacked.socle("verify", attacked.folder, *words, code=None)
    finally:
        as_eve(attacked, f"rm {link} .config/fifo")
    [bundle] = tmp_path.glob("*.bundle")
    kept = gzip.decompress(bundle.read_bytes()).decode()
    assert SECRET not in said + kept
    [found] = [one for one in json.loads(kept)["verdicts"] if one["control"] == LOCK]
    if PLACES[place] is None:
        assert "eve: kde" not in found["detail"]
    else:
        assert f"eve: kde: {PLACES[place]}" in found["detail"] or found["verdict"] == "fail"


def test_nobody_opens_roots_locks(attacked):
    attacked.verdicts(limit=(MACHINE,), controls=("listeners-allowlist", "box-port-mappings"))
    assert "sockets.lock" in attacked.root_on(MACHINE, "ls /run/socle")
    readable = as_eve(attacked, 'find /run /tmp /var/tmp -path "*socle*" -type f -readable || :')
    assert set(readable.split()) == {"/run/socle-lock/started", "/run/socle-lock/status.json"}
    folders = as_eve(attacked, 'find /run /tmp /var/tmp -path "*socle*" -writable || :')
    assert folders == ""


def test_the_guardian_ends_what_a_person_has_stopped(attacked):
    """As a person may do with any program that runs as the person; without CAP_KILL root cannot."""
    own = attacked.root_on(MACHINE, "systemctl show -P CapabilityBoundingSet socle-lock.service")
    program = (
        "import person, pwd\n"
        "try: person.run(['sh', '-c', 'kill -STOP $$'], pwd.getpwnam('eve'), {}, seconds=1)\n"
        "except person.Unread as why: print(why)"
    )
    words = f"systemd-run --pipe --wait --quiet -p CapabilityBoundingSet='{own.strip()}'"
    words += " -p WorkingDirectory=/usr/local/lib/socle/screen_lock timeout 30 python3 -Bc"
    said = attacked.root_on(MACHINE, f'{words} "{program}"')
    assert said.strip() == "no end within 1 s"
