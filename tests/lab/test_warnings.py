"""Warnings are seen on real desktops, and evidence reaches a real SFTP account."""

from __future__ import annotations

import io
import json
import shlex
import tarfile
import time
from base64 import b64encode
from pathlib import Path
from types import SimpleNamespace

import labs
import pytest

import socle
from socle.baseline.digests import matching_files
from socle.lab import Lab, Machine, Network, run
from tests.lab.desktops import Gnome, Xfce, together

pytestmark = pytest.mark.lab

CHECKOUT = Path(socle.__file__).parents[1]
ROOM = CHECKOUT / "roles/alerting/files"
PROGRAM = "usr/local/lib/socle/alerting/notice.py"
AUTOSTART = "etc/xdg/autostart/socle-notice.desktop"
HOSTS_NEED = ("*.py", "*.sh", "evidence/__init__.py", "evidence/files.py", "evidence/manifest.py",
              "watch/*.py")  # fmt: skip
CONTACT = "Info Santé, 05 00 00 00 00"
CALL = f"À appeler : {CONTACT}"

WARN = """
import json, sys
from dataclasses import asdict
from datetime import datetime, timezone
from socle.watch.model import Notice, Title
from socle.watch.notify import desktop
titles = tuple(Title(t, t) for t in sys.argv[2:])
notice = Notice("bureau", "cabinet", titles, (), datetime.now(timezone.utc), sys.argv[1])
print(json.dumps([asdict(attempt) for attempt in desktop(notice)], default=str))
"""
DROP = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from socle.watch.drop import drop
from socle.watch.places import Sftp
host, known_hosts, folder, *files = sys.argv[1:]
place = Sftp(host, "preuves", Path("/root/depot"), Path(known_hosts), folder)
print(json.dumps(asdict(drop([Path(file) for file in files], place)), default=str))
"""
# An account that can do nothing but leave files, as a provider sets it up.
ACCOUNT = """
useradd --system --no-create-home --shell /usr/sbin/nologin preuves
install -d -m 755 /srv/depot
install -d -m 770 -g preuves /srv/depot/cabinet
install -d /etc/ssh/depot
cat >/etc/ssh/depot/preuves
cat >/etc/ssh/sshd_config.d/depot.conf <<'X'
Match User preuves
    AuthorizedKeysFile /etc/ssh/depot/%u
    ChrootDirectory /srv/depot
    ForceCommand internal-sftp
    DisableForwarding yes
X
systemctl reload ssh.service
"""


def install(lab, machine: str) -> None:
    """What the room brings, and the modules that run on hosts."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name in matching_files(CHECKOUT / "socle", HOSTS_NEED):
            tar.add(CHECKOUT / "socle" / name, f"opt/watch/socle/{name}")
        for name in (PROGRAM, AUTOSTART):
            tar.add(ROOM / name, name)
    done = run(lab, machine, "base64 -d | tar xzC /", b64encode(archive.getvalue()).decode())
    assert done.returncode == 0, done


def on_host(lab, machine: str, program: str, *words: str):
    """The answer of a program that root runs with the host's own Python."""
    given = " ".join(map(shlex.quote, words))
    done = run(lab, machine, f"PYTHONPATH=/opt/watch python3 - {given}", program, timeout=120)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def lab(need_a_lab, pytestconfig):
    own, net = labs.number(), labs.net("warnings")
    network = Network(f"socle-warn{own}", (f"{net}.1/24",))
    machines = (
        Machine("bureau", "trixie-desktop", (f"{net}.11",)),
        Machine("depot", "bookworm", (f"{net}.12",)),
    )
    folder = pytestconfig.rootpath / f"build/warnings-{own}"
    with labs.standing(Lab(f"warnings-{own}", folder, network, machines)) as made:
        for machine in machines:
            install(made, machine.name)
        yield made


@pytest.fixture(scope="module")
def desk(lab):
    """Camille's GNOME and Dominique's Xfce, with what Xfce shows notifications with."""
    done = run(
        lab, "bureau", "apt-get -qq -y --no-install-recommends install xfce4-notifyd", "", 300
    )
    assert done.returncode == 0, done
    cabinet = SimpleNamespace(lab=lab)
    return Gnome(cabinet, "bureau", "camille"), Xfce(cabinet, "bureau", "dominique")


@pytest.fixture(scope="module")
def logged_in(lab, desk):
    """Both log in after the machine had something to say."""
    assert warn(lab, "Vieille promesse") == []  # nobody is logged in
    together(desk, "start")
    yield desk
    together(desk, "stop")


def warn(lab, *titles: str):
    return on_host(lab, "bureau", WARN, CONTACT, *titles)


def number(person) -> str:
    """The number that the person's desktop gave our warning; empty where there is none."""
    return person.as_user("cut -d' ' -f2 $XDG_RUNTIME_DIR/socle-notice 2>/dev/null")


def seen(person, action) -> list[dict]:
    """What passed on the person's bus about notifications during ``action``."""
    monitor = "busctl --user monitor --json=short --match interface=org.freedesktop.Notifications"
    person.must(f"systemd-run --user --quiet --unit=seen sh -c 'exec {monitor} >~/seen'")
    until(lambda: person.as_user("pgrep -u $(id -u) -f '^busctl --user monitor'"))
    time.sleep(0.5)
    try:
        action()
        time.sleep(0.5)
    finally:
        person.must("systemctl --user stop seen")
    return [json.loads(line) for line in person.must("cat ~/seen").splitlines()]


def until(answer, seconds: float = 60):
    limit = time.monotonic() + seconds
    while not (said := answer()):
        assert time.monotonic() < limit
        time.sleep(0.5)
    return said


@pytest.mark.parametrize("machine", ["bureau", "depot"])
def test_hosts_run_it_with_the_python_that_they_have(lab, machine):
    modules = ("mail", "drop", "notify")
    names = ", ".join(f"socle.watch.{name}" for name in modules)
    assert on_host(lab, machine, f"import {names}; print('true')")


def test_a_server_has_nobody_to_show_a_warning_to(lab):
    assert on_host(lab, "depot", WARN, CONTACT, "Le pare-feu") == []


def test_who_logs_in_later_is_shown_what_was_said_before(logged_in):
    for person in logged_in:
        assert until(lambda person=person: number(person))


def test_a_warning_appears_on_every_desktop_and_replaces_the_earlier_one(lab, logged_in):
    gnome, _ = logged_in
    before = [until(lambda person=person: number(person)) for person in logged_in]
    told = []
    passed = seen(gnome, lambda: told.extend(warn(lab, "Le pare-feu <net> & co", "Autre")))
    assert {(one["to"], one["ok"]) for one in told} == {("camille", True), ("dominique", True)}
    assert [number(person) for person in logged_in] == before
    shown = next(one["payload"]["data"] for one in passed if one.get("member") == "Notify")
    assert str(shown[1]) == before[0]
    assert shown[3] == "Sécurité de bureau : 2 promesses ne sont plus tenues"
    assert shown[4] == f"• Le pare-feu &lt;net&gt; &amp; co\n• Autre\n{CALL}"
    assert shown[6]["urgency"]["data"] == 2
    assert shown[7] == 0


def test_a_locked_screen_shows_only_whom_to_call(lab, logged_in):
    gnome, _ = logged_in
    gnome.root(f"loginctl lock-session {gnome.session()}")
    until(gnome.locked)
    passed = seen(gnome, lambda: warn(lab, "Le pare-feu"))
    gnome.unlock()
    [*texts] = [one["payload"]["data"][3:5] for one in passed if one.get("member") == "Notify"]
    assert texts
    assert all("pare-feu" not in body + title for title, body in texts)
    assert all(body == CALL for _, body in texts)


def test_a_desktop_that_hangs_is_an_attempt_that_failed(lab, logged_in):
    _, xfce = logged_in
    xfce.root("pkill -STOP -u dominique xfce4-notifyd")
    try:
        told = {one["to"]: one for one in warn(lab, "Le pare-feu")}
    finally:
        xfce.root("pkill -CONT -u dominique xfce4-notifyd")
    assert told["camille"]["ok"]
    assert not told["dominique"]["ok"]
    assert "timed out" in told["dominique"]["reason"]


def test_good_news_take_the_warning_away(lab, logged_in):
    gnome, _ = logged_in
    warn(lab, "Le pare-feu")
    passed = seen(gnome, lambda: warn(lab))
    # The shell itself says that what was on the screen is closed, because it was asked to.
    assert any(one.get("member") == "NotificationClosed" for one in passed)
    assert [number(person) for person in logged_in] == ["", ""]
    gnome.root("test ! -e /var/lib/socle-notice/notice.txt")


@pytest.fixture(scope="module")
def depot(lab):
    """Its address, as known to the machine that drops evidence there."""
    address = lab.machine("depot").addresses[0]
    made = run(lab, "bureau", "ssh-keygen -q -t ed25519 -N '' -f /root/depot; cat /root/depot.pub")
    assert run(lab, "depot", ACCOUNT, made.stdout).returncode == 0
    keys = run(lab, "depot", "cat /etc/ssh/ssh_host_ed25519_key.pub").stdout
    write = f"cat >/root/known; sed 's/^/{address} /' -i /root/known; mkdir /root/proof"
    assert run(lab, "bureau", write, keys).returncode == 0
    return address


def dropped(lab, address: str, day: int, known: str = "/root/known", folder: str = "/cabinet"):
    name = f"/root/proof/bureau-202611{day:02}T120000Z.bundle"
    files = [name, f"{name}.manifest", f"{name}.sig"]
    run(lab, "bureau", f"for file in {' '.join(files)}; do echo {day} >$file; done")
    return on_host(lab, "bureau", DROP, address, known, folder, *files)


def arrived(lab) -> list[str]:
    return run(lab, "depot", "ls -A /srv/depot/cabinet").stdout.split()


def test_evidence_reaches_an_account_that_can_do_nothing_else(lab, depot):
    assert dropped(lab, depot, 1)["ok"]
    assert dropped(lab, depot, 1)["ok"]  # again, as after a run that was killed
    name = "bureau-20261101T120000Z.bundle"
    assert arrived(lab) == [name, f"{name}.manifest", f"{name}.sig"]


def test_what_cannot_be_uploaded_waits_and_says_why(lab, depot):
    run(lab, "bureau", "ssh-keygen -q -t ed25519 -N '' -f /root/false")
    run(lab, "bureau", f"sed 's/^/{depot} /' /root/false.pub >/root/other")
    stranger = dropped(lab, depot, 2, known="/root/other")
    nowhere = dropped(lab, depot, 3, folder="/nowhere")
    assert stranger["reason"] == "Host key verification failed.; 1 waiting"
    assert "No such file" in nowhere["reason"]
    assert len(arrived(lab)) == 3
    assert dropped(lab, depot, 4)["ok"]
    assert len(arrived(lab)) == 12


def test_a_full_depot_leaves_nothing_that_looks_whole(lab, depot):
    full = "mkdir /srv/depot/full && mount -t tmpfs -o size=16k,mode=1777 t /srv/depot/full"
    assert run(lab, "depot", full).returncode == 0
    run(
        lab,
        "bureau",
        "head -c 100000 /dev/urandom >/root/proof/x.bundle; echo >/root/proof/x.bundle.sig",
    )
    files = ["/root/proof/x.bundle", "/root/proof/x.bundle.sig"]
    failed = on_host(lab, "bureau", DROP, depot, "/root/known", "/full", *files)
    assert not failed["ok"]
    assert "x.bundle" not in run(lab, "depot", "ls /srv/depot/full").stdout.split()
