"""People of a machine as attackers: root waits for nobody and leaves no trace with anybody."""

from __future__ import annotations

import gzip
import json

import pytest

from socle.evidence.bundle import read
from socle.lab import run

pytestmark = pytest.mark.lab

MACHINE = "accueil"
SECRET = "secret-de-root"
LOCK, TIMEOUT = "screen-lock-kde-xfce", "shell-timeout"
PEOPLE = {  # who puts what into the own home, and what becomes of it
    "nouvelle": (":", None),  # she never logged in
    "bavard": ("echo 'head -c 2500M /dev/zero' >.profile", "login: more than 1 MiB"),
    "lent": ("echo 'sleep 600' >.profile", "login: no end within 20 s"),
    "gourmand": (
        "echo 'x=$(yes | head -c 2500M)' >.profile",
        "login: ",
    ),  # no memory, or no time left
    "curieuse": ("ln -s /root/secret .config/kscreenlockerrc", None),
    "infini": ("ln -s /dev/zero .config/kscreenlockerrc", "kde: more than 1 MiB"),
    "bouche": ("mkfifo .config/kscreenlockerrc", "kde: no end within 20 s"),
}
PREPARE = f"""
install -m 600 /dev/stdin /root/secret <<'X'
[Daemon]
Timeout={SECRET}
X
install -m 755 /dev/null /usr/local/bin/startplasma-x11  # so that Plasma's file is read
"""
OTHERS = (  # what changes by itself, and what a login leaves
    *("/dev", "/proc", "/run", "/sys", "/tmp", "/var/log", "/var/lib/systemd", "/home/adm-socle"),
    "/srv/socle-backup/*/locks",  # who tries to delete locks the repository meanwhile
)
TREE = "find / {} -printf '%p %y %s %T@ %C@ %m %U\\n' | sort".format(
    " ".join(f"-path '{place}' -prune -o" for place in OTHERS)
)


def as_person(practice, name, script):
    done = run(practice.lab, MACHINE, f"cd ~{name} && runuser -u {name} -- sh -eu", script)
    assert done.returncode == 0, done
    return done.stdout


@pytest.fixture(scope="module")
def attacked(cabinet):
    """The reception, hardened, with people who put traps into their homes."""
    cabinet.harden()
    cabinet.root_on(MACHINE, PREPARE)
    for name, (script, _) in PEOPLE.items():
        cabinet.root_on(MACHINE, f"useradd --create-home --shell /bin/bash {name}")
        as_person(cabinet, name, f"mkdir .config\n{script}")
    yield cabinet
    gone = "; ".join(f"userdel --remove --force {name}" for name in PEOPLE)
    cabinet.root_on(MACHINE, f"rm /root/secret /usr/local/bin/startplasma-x11; {gone}")


def test_a_verification_leaves_no_trace(attacked):
    machines = (MACHINE, "imagerie", "sauvegarde")
    before = {name: attacked.root_on(name, TREE) for name in machines}
    attacked.verdicts(limit=machines)
    for name in machines:
        seen = set(attacked.root_on(name, TREE).splitlines())
        assert sorted(seen ^ set(before[name].splitlines())) == []


def test_what_people_keep_back_is_unknown_for_them_and_costs_root_nothing(attacked, tmp_path):
    words = ("--limit", MACHINE, "--control", TIMEOUT, "--control", LOCK, "--evidence", tmp_path)
    said = attacked.socle("verify", attacked.folder, *words, code=3)
    [bundle] = tmp_path.glob("*.bundle")
    kept = gzip.decompress(bundle.read_bytes()).decode()
    assert SECRET not in said + kept
    found = {one.control: one.grounds.reason for one in read(bundle).verdicts}
    assert {one["verdict"] for one in json.loads(kept)["verdicts"]} == {"unknown"}
    for name, (_, why) in PEOPLE.items():
        told = [part for part in str(found[LOCK]).split("; ") if part.startswith(f"{name}:")]
        assert bool(told) == bool(why)
        assert not why or told[0].startswith(f"{name}: {why}")
        assert (f"{name}: login" in str(found[TIMEOUT])) == (why or "").startswith("login")


def test_nobody_opens_roots_locks(attacked):
    attacked.verdicts(limit=(MACHINE,), controls=("listeners-allowlist", "box-port-mappings"))
    assert "sockets.lock" in attacked.root_on(MACHINE, "ls /run/socle")
    find = "find /run /tmp /var/tmp -path /run/systemd -prune -o -path '*socle*' {} -print || :"
    readable = as_person(attacked, "curieuse", find.format("-type f -readable"))
    assert set(readable.split()) == {"/run/socle-lock/started", "/run/socle-lock/status.json"}
    assert as_person(attacked, "curieuse", find.format("! -type l -writable")) == ""


def test_the_guardian_ends_what_a_person_has_stopped(attacked):
    """As anybody may do with programs that run as oneself; without CAP_KILL root could not."""
    own = attacked.root_on(MACHINE, "systemctl show -P CapabilityBoundingSet socle-lock.service")
    program = (
        "import person, pwd\n"
        "try: person.run(['sh', '-c', 'kill -STOP 0'], pwd.getpwnam('lent'), {}, seconds=1)\n"
        "except person.Unread as why: print(why)"
    )
    words = f"systemd-run --pipe --wait --quiet -p CapabilityBoundingSet='{own.strip()}'"
    words += " -p WorkingDirectory=/usr/local/lib/socle/screen_lock timeout 30 python3 -Bc"
    assert attacked.root_on(MACHINE, f'{words} "{program}"').strip() == "no end within 1 s"
