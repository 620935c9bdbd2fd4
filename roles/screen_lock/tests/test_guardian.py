"""The guardian's thinking: when it looks again, what counts as locked, whom it asks."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[1] / "files/usr/local/lib/socle/screen_lock"

# loginctl show-session of systemd 257: a GNOME session, GDM's greeter, an Xfce session that ends.
RECORDED = """\
Id=c26
User=1000
Name=camille
Display=
Desktop=gnome
Type=wayland
Class=user
State=active
LockedHint=no

Id=c1
User=101
Name=Debian-gdm
Display=
Desktop=gnome
Type=wayland
Class=greeter
State=active
LockedHint=no

Id=c11
User=1001
Name=dominique
Display=:7
Desktop=xfce
Type=x11
Class=user
State=closing
LockedHint=no

Id=c12
User=1000
Name=camille
Display=
Desktop=
Type=unspecified
Class=manager
State=active
LockedHint=no
"""


@pytest.fixture(scope="module")
def program():
    """The guardian's modules, as they find each other on a host."""
    sys.path.insert(0, str(PROGRAM))
    try:
        yield {name: importlib.import_module(name) for name in ("guardian", "desktop", "logind")}
    finally:
        sys.path.remove(str(PROGRAM))
        for name in ("guardian", "desktop", "logind", "person"):
            sys.modules.pop(name)


@pytest.fixture
def gnome(program):
    return program["logind"].parse(RECORDED)[0]


def test_only_peoples_screens_are_watched(program):
    logind = program["logind"]
    sessions = logind.parse(RECORDED)
    assert [s["Id"] for s in sessions] == ["c26", "c1", "c11", "c12"]
    assert [s["Id"] for s in sessions if logind.watched(s, [1000, 59999])] == ["c26"]


def test_a_silent_logind_is_no_empty_machine(program, monkeypatch):
    logind = program["logind"]
    monkeypatch.setattr(logind, "_ask", lambda *words: (0, "c1 1000 camille\n" * (len(words) < 3)))
    with pytest.raises(RuntimeError, match="does not tell"):
        logind.sessions()


def test_it_sleeps_until_the_limit_could_be_reached(program):
    decide, margin = program["guardian"].decide, program["guardian"].MARGIN
    assert decide(30.0, 0.0, locked=False) == ("open", 30.0 + margin)
    assert decide(30.0, 29.5, locked=False) == ("open", 0.5 + margin)
    assert decide(30.0, 30.0, locked=False)[0] == "over"
    assert decide(30.0, 300.0, locked=True)[0] == "locked"
    assert decide(30.0, None, locked=True)[0] == "locked"


def test_a_look_covers_all_sessions_and_forgets_those_that_ended(program, monkeypatch, gnome):
    guardian = program["guardian"]
    idle = {"c26": (12.0, None), "c27": (None, "no display")}
    other = {**gnome, "Id": "c27", "Type": "x11"}
    monkeypatch.setattr(guardian.logind, "sessions", lambda: [gnome, other])
    monkeypatch.setattr(guardian.desktop, "screen", lambda _: {})
    monkeypatch.setattr(guardian.desktop, "idle", lambda session, _: idle[session["Id"]])
    monkeypatch.setattr(guardian, "locked_now", lambda *_: False)
    watches = {"gone": guardian.Watch()}
    rows, pause = guardian.look(30.0, [1000, 59999], watches)
    assert [row["state"] for row in rows] == ["open", "unseen"]
    assert rows[1]["why"] == "no display"
    assert pause == guardian.AGAIN
    assert set(watches) == {"c26", "c27"}


@pytest.mark.parametrize(("idle", "state"), [(28.9, "open"), (29.0, "locked")])
def test_a_lock_begins_as_much_earlier_as_it_takes(program, monkeypatch, gnome, idle, state):
    guardian = program["guardian"]
    monkeypatch.setattr(guardian.desktop, "screen", lambda _: {})
    monkeypatch.setattr(guardian.desktop, "idle", lambda *_: (idle, None))
    monkeypatch.setattr(guardian, "locked_now", lambda *_: False)
    monkeypatch.setattr(guardian, "lock", lambda *_: None)
    assert guardian.attend(gnome, guardian.Watch(), 30.0)[0]["state"] == state


def test_a_running_screen_saver_counts_only_once_it_was_asked(program, monkeypatch, gnome):
    guardian = program["guardian"]
    monkeypatch.setattr(guardian.desktop, "locker_runs", lambda *_: False)
    monkeypatch.setattr(guardian.desktop, "savers", lambda *_: [True])
    watch = guardian.Watch()
    assert not guardian.locked_now(gnome, watch)
    watch.asked = True
    assert guardian.locked_now(gnome, watch)


def test_a_person_cannot_claim_to_be_locked(program, monkeypatch, gnome):
    guardian = program["guardian"]
    monkeypatch.setattr(guardian.desktop, "locker_runs", lambda *_: False)
    monkeypatch.setattr(guardian.desktop, "savers", lambda *_: [False])
    lying = {**gnome, "LockedHint": "yes"}
    assert not guardian.locked_now(lying, guardian.Watch(asked=True))
    monkeypatch.setattr(guardian.desktop, "savers", lambda *_: [])
    assert guardian.locked_now(lying, guardian.Watch())


@pytest.mark.parametrize(
    ("kind", "started", "failure"),
    [
        ("wayland", None, "nothing else can cover"),
        ("x11", "i3lock is not installed", "not installed"),
        ("x11", None, None),
    ],
)
def test_a_desktop_that_does_not_lock_gets_a_locker(
    program, monkeypatch, gnome, kind, started, failure
):
    guardian = program["guardian"]
    session, calls = {**gnome, "Type": kind}, []
    monkeypatch.setattr(guardian.desktop, "savers", lambda *_: [])
    monkeypatch.setattr(guardian, "wait_locked", lambda *_: "i3lock" in calls and started is None)

    def start(*_):
        calls.append("i3lock")
        return started

    watch = guardian.Watch()
    said = guardian.lock_with(session, watch, calls.append, start)
    assert calls[0] == "c26"
    if failure is None:
        assert said is None
        assert watch.asked
    else:
        assert failure in said
        assert not watch.asked


def test_the_display_is_the_sessions_own(program, gnome):
    from_processes = program["desktop"].from_processes
    session = {**gnome, "Type": "x11", "Id": "c27"}
    environments = [
        {"XDG_SESSION_ID": "c9", "DISPLAY": ":1", "XAUTHORITY": "/other"},
        {"XDG_SESSION_ID": "c27"},
        {"XDG_SESSION_ID": "c27", "DISPLAY": ":7", "XAUTHORITY": "/own", "HOME": "/home/x"},
    ]
    assert from_processes(session, environments) == {"DISPLAY": ":7", "XAUTHORITY": "/own"}
    assert from_processes({**session, "Id": "c8"}, environments) == {}
    shown = {**session, "Id": "c8", "Display": ":1"}
    assert from_processes(shown, environments)["XAUTHORITY"] == "/other"


@pytest.mark.parametrize(
    ("kind", "answer", "expected"),
    [
        ("wayland", (0, "t 14290\n"), 14.29),
        ("x11", (0, "30123\n"), 30.123),
        ("wayland", (1, "Call failed: The name is not activatable\n"), None),
    ],
)
def test_idle_time_out_of_recorded_answers(program, monkeypatch, gnome, kind, answer, expected):
    desktop = program["desktop"]
    monkeypatch.setattr(desktop, "_as_user", lambda *_: answer)
    seen, why = desktop.idle({**gnome, "Type": kind}, {"DISPLAY": ":7"})
    assert seen == expected
    assert (why is None) == (expected is not None)


def test_an_x_session_without_a_display_is_not_seen(program, gnome):
    seen, why = program["desktop"].idle({**gnome, "Type": "x11"}, {})
    assert seen is None
    assert "X display" in why


def test_what_one_session_breaks_leaves_the_others_watched(program, monkeypatch, gnome):
    guardian = program["guardian"]
    hostile = {**gnome, "Id": "c27"}

    def idle(session, _):
        if session["Id"] == "c27":
            raise OSError(7, "Argument list too long")
        return 12.0, None

    monkeypatch.setattr(guardian.logind, "sessions", lambda: [hostile, gnome])
    monkeypatch.setattr(guardian.desktop, "screen", lambda _: {})
    monkeypatch.setattr(guardian.desktop, "idle", idle)
    monkeypatch.setattr(guardian, "locked_now", lambda *_: False)
    rows, _ = guardian.look(30.0, [1000, 59999], {})
    assert [row["state"] for row in rows] == ["unseen", "open"]
    assert "too long" in rows[0]["why"]


def test_before_sleep_what_one_session_breaks_leaves_the_others_locked(
    program, monkeypatch, gnome, capsys
):
    guardian = program["guardian"]
    locked = []

    def screen(session):
        if session["Id"] == "c27":
            raise KeyError("uid 1000 has no account")
        return {}

    monkeypatch.setattr(guardian.logind, "sessions", lambda: [{**gnome, "Id": "c27"}, gnome])
    monkeypatch.setattr(guardian.desktop, "screen", screen)
    monkeypatch.setattr(guardian, "locked_now", lambda *_: False)
    monkeypatch.setattr(guardian, "lock", lambda session, _: locked.append(session["Id"]))
    assert guardian.lock_all({"uids": [1000, 59999]}) == 1
    assert locked == ["c26"]
    assert "c27 (camille)" in capsys.readouterr().out


def test_an_environment_too_large_for_a_locker_is_a_refusal(program, monkeypatch, gnome):
    monkeypatch.setattr(program["desktop"].os, "access", lambda *_: True)
    said = program["desktop"].start_locker(gnome, {"XAUTHORITY": "x" * (1 << 20)})
    assert said.startswith("i3lock was not started")
