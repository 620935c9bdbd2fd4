"""Real sessions left alone lock in time, whatever their own users have tried, or the check says so.

All sessions wait at the same time, because each measurement takes as long as the lock does.
"""

from __future__ import annotations

import json
import time
import warnings

import pytest

from socle.lab import reset
from socle.verify.verdicts import Verdict
from tests.lab.desktops import Gnome, Xfce, together

pytestmark = pytest.mark.lab

LIMIT = 32  # seconds: thirty, and two for a desktop to draw its lock
REOPENED = 15  # seconds that a session may stay open which a program has unlocked
GNOME, OTHERS = "screen-lock-gnome", "screen-lock-kde-xfce"

# The desktop's menu opened, and left so: no locker of X11 gets the keyboard meanwhile.
MENU = "key Escape mousemove 640 360 click 3"

# What a person would like better: group, key, value.
WISHES = (
    ("session", "idle-delay", "uint32 0"),
    ("screensaver", "lock-enabled", "false"),
    ("screensaver", "lock-delay", "uint32 3600"),
    ("screensaver", "idle-activation-enabled", "false"),
    ("lockdown", "disable-lock-screen", "true"),
    ("interface", "enable-animations", "true"),
)
KEYFILE = "".join(f"[org/gnome/desktop/{g}]\n{k}={v}\n" for g, k, v in WISHES)

# As on a computer with a graphics card: the shell fades for ten seconds before it locks.
FADING = """\
[Service]
ExecStart=
ExecStart=/usr/bin/gnome-shell --headless --force-animations --virtual-monitor 1280x720
"""

# One person's sessions, whose display never answers.
CROWD = 40
HUNG = """\
useradd --create-home --shell /bin/bash mallory
systemd-run --quiet --unit=hung --uid=mallory python3 -c '
import socket, time
there = socket.socket(socket.AF_UNIX)
there.bind("/tmp/.X11-unix/X66")
there.listen(4096)
time.sleep(3600)'
for n in $(seq {n}); do
    systemd-run --quiet --unit=crowd-$n -p User=mallory -p PAMName=login \
        -E XDG_SESSION_TYPE=x11 -E XDG_SESSION_CLASS=user -E DISPLAY=:66 sleep 3600 &
done
wait
until [ "$(loginctl list-sessions --no-legend | grep -c mallory)" -ge {n} ]; do sleep 0.2; done
"""


def wish(person):
    """Write every key as anybody would; those that were taken."""
    return [
        key
        for group, key, value in WISHES
        if person.as_user(f"gsettings set org.gnome.desktop.{group} {key} '{value}' && echo taken")
    ]


def another_profile(person):
    """DCONF_PROFILE names a profile without the system's database, filled with wishes."""
    home = f"/home/{person.user}"
    person.write("open", "user-db:open\n")
    person.write(".config/environment.d/90-open.conf", f"DCONF_PROFILE={home}/open\n")
    person.write("wishes", KEYFILE)
    person.as_user("DCONF_PROFILE=~/open dbus-run-session dconf load / <wishes")


def another_backend(person):
    """GSETTINGS_BACKEND takes settings from a file of the person's own."""
    person.write(".config/glib-2.0/settings/keyfile", KEYFILE)
    person.write(".config/environment.d/90-open.conf", "GSETTINGS_BACKEND=keyfile\n")
    person.write(".profile", "export GSETTINGS_BACKEND=keyfile\n")


def hold_open(person):
    """As a video player does: an idle inhibitor, held until further notice."""
    person.as_user(
        "systemd-run --user --quiet --unit=video "
        "gnome-session-inhibit --inhibit idle --inhibit-only sleep 600"
    )


def disarm_xfce(person):
    """The X server's own timer off, the locker switched off, and killed."""
    person.as_user("xset s off; xset s noblank")
    for key in ("/lock/enabled", "/saver/enabled", "/lock/saver-activation/enabled"):
        person.as_user(f"xfconf-query -c xfce4-screensaver -n -t bool -p {key} -s false")
    person.as_user("pkill xfce4-screensav")


def open_again(gnome, xfce):
    """Lockers killed, shields taken away: by programs that were started before the lock."""
    for person in (gnome, xfce):
        person.as_user(f"loginctl unlock-session {person.session()}")
    shield = "org.gnome.Shell.ScreenShield /org/gnome/ScreenSaver org.gnome.ScreenSaver"
    gnome.as_user(f"busctl --user call {shield} SetActive b false")
    xfce.as_user("pkill -9 xfce4-screensav; pkill -9 -x i3lock")


@pytest.fixture(scope="module")
def people(cabinet):
    """Everybody's session, by what they tried; the practice was hardened before they came."""
    cabinet.pyinfra("-y", "--limit", "accueil", "--limit", "medecin")
    for machine in ("accueil", "medecin"):
        cabinet.root_on(machine, "useradd --create-home --shell /bin/bash eve")
    cabinet.root_on("accueil", HUNG.replace("{n}", str(CROWD)))
    people = {
        "settings": Gnome(cabinet, "accueil", "camille"),
        "nothing": Xfce(cabinet, "accueil", "dominique"),
        "menu": Xfce(cabinet, "accueil", "eve", ":8", MENU),
        "profile": Gnome(cabinet, "medecin", "camille"),
        "backend": Gnome(cabinet, "medecin", "dominique"),
        "locker": Xfce(cabinet, "medecin", "eve"),
    }
    people["settings"].write(
        ".config/systemd/user/org.gnome.Shell@wayland.service.d/zz.conf", FADING
    )
    another_profile(people["profile"])
    another_backend(people["backend"])
    together(people.values(), "start")
    yield people
    for machine in ("accueil", "medecin"):
        reset(cabinet.lab, machine)


@pytest.fixture(scope="module")
def taken(people):
    """The keys that GNOME let its user write."""
    return wish(people["settings"])


@pytest.fixture(scope="module")
def locked(people, taken):
    """After how many seconds each session was locked (None: it stayed open)."""
    hold_open(people["backend"])
    disarm_xfce(people["locker"])
    seconds = dict(zip(people, together(people.values(), "watch", LIMIT + 8.0), strict=True))
    warnings.warn(f"sessions were locked after so many seconds: {seconds}", stacklevel=1)
    return seconds


@pytest.fixture(scope="module")
def crowd(people, locked):
    """What was seen of one person's crowd, and that sleep does not wait for it; then it ends."""
    gnome, xfce = people["settings"], people["nothing"]
    status = json.loads(gnome.root("cat /run/socle-lock/status.json"))
    seen = {
        "rows": [row for row in status["sessions"] if row["user"] == "mallory"],
        "restarts": gnome.root("systemctl show -P NRestarts socle-lock.service"),
    }
    open_again(gnome, xfce)
    began = time.monotonic()
    gnome.root("systemctl restart socle-lock-sleep.service || :")
    seen["seconds"] = time.monotonic() - began
    seen["locked"] = together((gnome, xfce), "locked")
    seen["journal"] = gnome.root("journalctl --output=cat -u socle-lock-sleep -n 30")
    gnome.root("systemctl stop 'crowd-*' hung; loginctl terminate-user mallory")
    return seen


@pytest.fixture(scope="module")
def judged(cabinet, crowd):
    """The verdicts while everybody is logged in."""
    found = cabinet.verdicts(limit=("accueil", "medecin"), controls=(GNOME, OTHERS))
    warnings.warn(f"the checks say: {[(k, o.detail) for k, o in found.items()]}", stacklevel=1)
    return found


def test_a_gnome_session_locks_in_time_with_animations_forced(people, locked, taken):
    assert "--force-animations" in people["settings"].root("pgrep -u camille -a gnome-shell")
    assert locked["settings"] <= LIMIT
    assert not taken


def test_an_x11_session_locks_in_time(locked):
    assert locked["nothing"] <= LIMIT


def test_a_crowd_of_one_persons_sessions_is_said_and_stops_nothing(crowd):
    assert {row["state"] for row in crowd["rows"]} == {"unseen"}
    assert len(crowd["rows"]) == 5  # four that are looked at, and one for all others
    assert crowd["restarts"] == "0"


def test_sleep_waits_for_nobody_who_hangs(crowd):
    assert crowd["seconds"] < 15
    assert all(crowd["locked"])
    assert "(mallory): " in crowd["journal"]
    assert "(camille)" not in crowd["journal"]
    assert "(dominique)" not in crowd["journal"]


@pytest.mark.parametrize("tried", ["profile", "backend", "locker", "menu"])
def test_who_tries_to_stay_open_is_locked_or_seen(people, locked, judged, tried):
    person = people[tried]
    verdict = judged[person.machine, GNOME if isinstance(person, Gnome) else OTHERS]
    in_time = locked[tried] is not None and locked[tried] <= LIMIT
    seen = verdict.verdict is Verdict.FAIL and person.user in verdict.detail
    assert in_time or seen, (locked[tried], verdict)


def test_a_lock_holds_against_the_keyboard(people, locked):
    closed = [person for name, person in people.items() if locked[name] is not None]
    together(closed, "press")
    time.sleep(1)
    assert all(together(closed, "locked"))


def test_what_a_program_unlocks_is_locked_again(people, locked):
    gnome, xfce = people["settings"], people["nothing"]
    open_again(gnome, xfce)
    limit = time.monotonic() + 30 + REOPENED
    while not all(together((gnome, xfce), "locked")):
        assert time.monotonic() < limit
        time.sleep(1)


def test_sleep_waits_for_the_lock(people, locked, crowd):
    """What logind starts before it sleeps; it ends when the sessions are locked."""
    gnome, xfce = people["settings"], people["nothing"]
    open_again(gnome, xfce)
    gnome.root("systemctl restart socle-lock-sleep.service")
    assert all(together((gnome, xfce), "locked"))
