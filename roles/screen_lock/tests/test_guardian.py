"""The guardian's thinking: when it looks again, what counts as locked, whom it asks."""

from __future__ import annotations

import importlib
import re
import sys
import threading
import time
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
UIDS = [1000, 59999]
SOON = 3.0  # seconds that nobody's programs may cost another person
MODULES = ("guardian", "locking", "crowd", "desktop", "logind")
UNITS = Path(__file__).parents[1] / "templates/etc/systemd/system"


@pytest.fixture(scope="module")
def program():
    """The guardian's modules, as they find each other on a host."""
    sys.path.insert(0, str(PROGRAM))
    try:
        yield {name: importlib.import_module(name) for name in MODULES}
    finally:
        sys.path.remove(str(PROGRAM))
        for name in (*MODULES, "person"):
            sys.modules.pop(name)


class Machine:
    """Sessions as loginctl tells of them, and desktops of which some hang until the test ends."""

    def __init__(self, program, monkeypatch):
        self.sessions, self.gone, self.told, self.locked = {}, set(), [], []
        self.hanging, self.end = set(), threading.Event()
        monkeypatch.setattr(program["logind"], "_ask", self.loginctl)
        monkeypatch.setattr(program["desktop"], "screen", lambda _: {})
        monkeypatch.setattr(program["desktop"], "idle", self.idle)
        monkeypatch.setattr(program["desktop"], "locker_runs", self.locker_runs)
        monkeypatch.setattr(program["desktop"], "savers", lambda *_: [])
        monkeypatch.setattr(program["desktop"], "PATIENCE", 0.1)

    def add(self, uid, *ids, hangs=False):
        for name in ids:
            values = {"Id": name, "User": uid, "Name": f"p{uid}", "Class": "user"}
            values |= {"Type": "wayland", "State": "active", "LockedHint": "no"}
            self.sessions[name] = "\n".join(f"{key}={value}" for key, value in values.items())
            self.hanging |= {name} if hangs else set()

    def loginctl(self, verb, *words):
        ids = [word for word in words if not word.startswith("--")]
        if verb == "list-sessions":
            rows = [re.findall(r"^(?:Id|User|Name)=(.*)$", t, re.M) for t in self.sessions.values()]
            return 0, "".join(f"{' '.join(row)} - -\n" for row in rows)
        if verb.startswith("lock-session"):
            self.told += ids or ["everybody"]
            return 0, ""
        if any(name in self.gone for name in ids):  # it says what stands before
            ids = ids[: min(ids.index(name) for name in self.gone if name in ids)]
        return 0, "\n\n".join(self.sessions[name] for name in ids if name in self.sessions)

    def idle(self, session, _):
        if session["Id"] in self.hanging:
            self.end.wait(60)
        return 60.0, None

    def locker_runs(self, session, _):
        if session["Id"] in self.hanging:
            self.end.wait(60)
        is_locked = {session["Id"], "everybody"} & set(self.told)
        self.locked += [session["Id"]] if is_locked else []
        return bool(is_locked)


@pytest.fixture
def machine(program, monkeypatch):
    made = Machine(program, monkeypatch)
    yield made
    made.end.set()


def until(true, seconds=SOON):
    """Whether something becomes true in time."""
    limit = time.monotonic() + seconds
    while not true() and time.monotonic() < limit:
        time.sleep(0.01)
    return true()


def rows_of(program, taken, state=None, seconds=SOON):
    """The rows for the status once none is new, and one is as wished, by session."""
    seen = {}

    def complete():
        seen.update((row["id"], row) for row in program["guardian"].look(30.0, UIDS, taken))
        states = {row["state"] for row in seen.values()}
        return "new" not in states and (state is None or state in states)

    assert until(complete, seconds), seen
    return seen


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
    decide, margin = program["locking"].decide, program["locking"].MARGIN
    assert decide(30.0, 0.0, locked=False) == ("open", 30.0 + margin)
    assert decide(30.0, 29.5, locked=False) == ("open", 0.5 + margin)
    assert decide(30.0, 30.0, locked=False)[0] == "over"
    assert decide(30.0, 300.0, locked=True)[0] == "locked"
    assert decide(30.0, None, locked=True)[0] == "locked"


def test_a_look_covers_all_sessions_and_forgets_those_that_ended(program, monkeypatch, machine):
    machine.add(1000, "c26", "c27")
    idle = {"c26": (12.0, None), "c27": (None, "no display")}
    monkeypatch.setattr(program["desktop"], "idle", lambda session, _: idle[session["Id"]])
    taken = {}
    rows = rows_of(program, taken)
    assert {name: row["state"] for name, row in rows.items()} == {"c26": "open", "c27": "unseen"}
    assert rows["c27"]["why"] == "no display"
    del machine.sessions["c27"]
    assert [row["id"] for row in program["guardian"].look(30.0, UIDS, taken)] == ["c26"]
    assert until(lambda: not taken["c27"].thread.is_alive())


def test_130_sessions_of_one_person_delay_nobody(program, machine):
    machine.add(1000, *(f"c{n}" for n in range(100, 230)), hangs=True)
    machine.add(1001, "c900")
    taken, began = {}, time.monotonic()
    rows = program["guardian"].look(30.0, UIDS, taken)
    assert until(lambda: "c900" in machine.locked)
    assert time.monotonic() - began < SOON
    assert len([one for one in taken.values() if one.uid == "1000"]) == program["guardian"].PLACES
    assert {f"c{n}" for n in range(104, 230)} <= set(machine.told)
    [said] = [row for row in rows if row["state"] == "unseen"]
    assert (said["id"], said["user"]) == ("c104", "p1000")
    assert "this and 125 more" in said["why"]


def test_who_answers_too_late_is_unseen_and_keeps_no_more_than_the_own_places(
    program, monkeypatch, machine
):
    monkeypatch.setattr(program["guardian"], "OVERDUE", 0.1)
    machine.add(1000, "c1", hangs=True)
    machine.add(1001, "c2")
    taken = {}
    rows = rows_of(program, taken, "unseen")
    assert "late with their answer" in rows["c1"]["why"]
    assert until(lambda: program["guardian"].look(30.0, UIDS, taken)[1]["state"] == "locked")
    for n in range(3, 20):  # as if each ended at once, with its programs hanging on
        machine.sessions.pop(f"c{n - 1}", None)
        machine.add(1000, f"c{n}", hangs=True)
        program["guardian"].look(30.0, UIDS, taken)
    held = [one for one in taken.values() if one.uid == "1000"]
    assert len(held) == program["guardian"].PLACES


def test_200_people_are_all_seen_in_time(program, machine):
    for uid in range(1000, 1200):
        machine.add(uid, f"c{uid}", hangs=uid % 2)
    taken = {}
    program["guardian"].look(30.0, UIDS, taken)
    assert until(lambda: len(set(machine.locked)) == 100)


def test_who_opens_and_ends_sessions_all_the_time_hides_nobodys(program, machine):
    machine.add(1000, *(f"c{n}" for n in range(10, 40)))
    machine.add(1001, "c51", "c50")
    machine.gone = {f"c{n}" for n in range(10, 40, 3)}
    found = program["crowd"].people(UIDS)
    assert [one["Id"] for one in found["1001"]] == ["c50", "c51"]
    assert not machine.gone & {one["Id"] for one in found["1000"]}


def test_who_keeps_the_guardian_busy_is_asked_less(program, monkeypatch, machine, gnome):
    rests = []
    monkeypatch.setattr(program["guardian"], "attended", lambda *_: time.sleep(0.2) or ({}, 0.01))
    machine.add(1000, "c26")
    place = program["guardian"].Place("1000", {}, 0.0)
    monkeypatch.setattr(place.over, "wait", lambda rest: rests.append(rest) or place.over.set())
    program["guardian"].follow("c26", place, 30.0, UIDS)
    assert rests[0] >= 0.2


@pytest.mark.parametrize(("idle", "state"), [(28.9, "open"), (29.0, "locked")])
def test_a_lock_begins_as_much_earlier_as_it_takes(program, monkeypatch, gnome, idle, state):
    locking = program["locking"]
    monkeypatch.setattr(locking.desktop, "screen", lambda _: {})
    monkeypatch.setattr(locking.desktop, "idle", lambda *_: (idle, None))
    monkeypatch.setattr(locking, "locked_now", lambda *_: False)
    monkeypatch.setattr(locking, "lock", lambda *_: None)
    assert locking.attend(gnome, locking.Watch(), 30.0)[0]["state"] == state


def test_a_running_screen_saver_counts_only_once_it_was_asked(program, monkeypatch, gnome):
    locking = program["locking"]
    monkeypatch.setattr(locking.desktop, "locker_runs", lambda *_: False)
    monkeypatch.setattr(locking.desktop, "savers", lambda *_: [True])
    watch = locking.Watch()
    assert not locking.locked_now(gnome, watch)
    watch.asked = True
    assert locking.locked_now(gnome, watch)


def test_a_person_cannot_claim_to_be_locked(program, monkeypatch, gnome):
    locking = program["locking"]
    monkeypatch.setattr(locking.desktop, "locker_runs", lambda *_: False)
    monkeypatch.setattr(locking.desktop, "savers", lambda *_: [False])
    lying = {**gnome, "LockedHint": "yes"}
    assert not locking.locked_now(lying, locking.Watch(asked=True))
    monkeypatch.setattr(locking.desktop, "savers", lambda *_: [])
    assert locking.locked_now(lying, locking.Watch())


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
    locking = program["locking"]
    session, calls = {**gnome, "Type": kind}, []
    monkeypatch.setattr(locking.desktop, "savers", lambda *_: [])
    monkeypatch.setattr(locking, "wait_locked", lambda *_: "i3lock" in calls and started is None)

    def start(*_):
        calls.append("i3lock")
        return started

    watch = locking.Watch()
    said = locking.lock_with(session, watch, calls.append, start)
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


def test_what_one_session_breaks_leaves_the_others_watched(program, monkeypatch, machine):
    def idle(session, _):
        if session["Id"] == "c27":
            raise OSError(7, "Argument list too long")
        return 12.0, None

    machine.add(1000, "c26", "c27")
    monkeypatch.setattr(program["desktop"], "idle", idle)
    rows = rows_of(program, {})
    assert {name: row["state"] for name, row in rows.items()} == {"c26": "open", "c27": "unseen"}
    assert "too long" in rows["c27"]["why"]


def test_before_sleep_what_one_session_breaks_leaves_the_others_locked(
    program, monkeypatch, machine, capsys
):
    def screen(session):
        if session["Id"] == "c27":
            raise KeyError("uid 1000 has no account")
        return {}

    machine.add(1000, "c26", "c27")
    monkeypatch.setattr(program["desktop"], "screen", screen)
    assert program["guardian"].lock_all(UIDS) == 1
    assert machine.locked == ["c26"]
    assert capsys.readouterr().out.splitlines() == [
        "session c27 (p1000): 'uid 1000 has no account'"
    ]


def test_before_sleep_a_session_that_hangs_delays_nobody(program, monkeypatch, machine, capsys):
    monkeypatch.setattr(program["guardian"], "BEFORE_SLEEP", 0.5)
    machine.add(1000, *(f"c{n}" for n in range(10, 140)), hangs=True)
    machine.add(1001, "c900", "c901")
    began = time.monotonic()
    assert program["guardian"].lock_all(UIDS) == 1
    assert time.monotonic() - began < 2
    assert machine.told[0] == "everybody"
    assert {"c900", "c901"} <= set(machine.locked)
    said = capsys.readouterr().out
    assert "p1001" not in said
    assert "session c10 (p1000): not seen to lock within 0.5 s" in said
    assert "this and 125 more" in said


def test_before_sleep_the_guardian_is_done_before_systemd_ends_it(program):
    text = (UNITS / "socle-lock-sleep.service.j2").read_text()
    given = float(re.search(r"^TimeoutStartSec=(\d+)$", text, re.M)[1])
    assert given >= program["guardian"].BEFORE_SLEEP + 3


def test_an_environment_too_large_for_a_locker_is_a_refusal(program, monkeypatch, gnome):
    monkeypatch.setattr(program["desktop"].os, "access", lambda *_: True)
    said = program["desktop"].start_locker(gnome, {"XAUTHORITY": "x" * (1 << 20)})
    assert said.startswith("i3lock was not started")
