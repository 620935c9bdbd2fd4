"""Locks graphical sessions that nobody has touched for the allowed time.

It asks each session how long it has been idle, sleeps until shortly before the limit could be
reached at the earliest, and asks again (locking.py). Idle inhibitors, a desktop's own minutes, a
killed or disabled screen saver make no difference to it. What it cannot see or cannot lock stands
in its status file.

No session waits for another: each has a thread, each person `PLACES` of them, and what takes too
long is called unseen. Any further sessions of that person are told to lock at every turn.

``guardian.py``: the service. ``guardian.py --now``: locks all sessions once (before sleep).
"""

import json
import os
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import crowd
import logind
from locking import LONGEST_TEXT, Watch, attended, lock_now

CONFIG = Path("/etc/socle/screen-lock.json")
STATUS = Path("/run/socle-lock/status.json")
STARTED = Path("/run/socle-lock/started")  # older than our files: we run what they were before
PLACES = 4  # sessions of one person that are looked at; nobody works in more
PACE = 5.0  # seconds: how soon a new session is seen, and how old the status may be
LONGEST_SLEEP = 30.0  # seconds
OVERDUE = 20.0  # seconds a session's own programs may be late; then nobody sees it
BEFORE_SLEEP = 10.0  # seconds: less than socle-lock-sleep.service is given


@dataclass
class Place:
    """A session that is looked at, for as long as its thread runs."""

    uid: str
    row: dict  # what was seen last, for the status
    due: float  # by time.monotonic(): until then the row is believed
    watch: Watch = field(default_factory=Watch)
    over: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


def main(words):
    """Lock once, or watch for ever."""
    config = json.loads(CONFIG.read_text())
    if words == ["--now"]:
        return lock_all(config["uids"])
    limit = float(config["idle_seconds"])
    taken = {}
    STARTED.touch()
    notify("READY=1")
    while True:
        notify("WATCHDOG=1")
        rows = look(limit, config["uids"], taken)
        write_status({"at": time.time(), "limit": limit, "sessions": rows})
        if "NOTIFY_SOCKET" in os.environ:  # by hand we are among somebody's own programs
            crowd.end_strays()
        time.sleep(PACE)


def look(limit, uids, taken):
    """Give every session its place (``taken``, by id); rows for the status. Waits for nobody."""
    people = crowd.people(uids)
    there = {session["Id"] for own in people.values() for session in own}
    for name, place in list(taken.items()):
        if name not in there:
            place.over.set()
        if not place.thread.is_alive():
            del taken[name]
    rows = []
    for uid, own in people.items():
        new = [session for session in own if session["Id"] not in taken]
        free = max(0, PLACES - sum(place.uid == uid for place in taken.values()))
        for session in new[:free]:
            taken[session["Id"]] = begin(session, limit, uids)
        if more := new[free:]:
            crowd.lock(more)
            rows.append(too_many(more))
    return [believed(place) for name, place in taken.items() if name in there] + rows


def begin(session, limit, uids):
    """Watch a session from now on, for as long as it is there."""
    row = {"state": "new", **named(session), "refusals": 0}
    place = Place(session["User"], row, time.monotonic() + OVERDUE)
    place.thread = beside(follow, session["Id"], place, limit, uids)
    return place


def beside(function, *words):
    """Start a thread; the program ends without those that hang."""
    thread = threading.Thread(target=function, args=words, daemon=True)
    thread.start()
    return thread


def follow(session_id, place, limit, uids):
    """Look at one session again and again, until it is over."""
    while not place.over.is_set():
        began = time.monotonic()
        session = logind.session(session_id)
        if session is None or not logind.watched(session, uids):
            return
        row, pause = attended(session, place.watch, limit)
        ended = time.monotonic()
        rest = min(max(pause, ended - began), LONGEST_SLEEP)  # who keeps us busy is asked less
        place.row = {**row, **named(session), "refusals": place.watch.refusals}
        place.due = ended + rest + OVERDUE
        place.over.wait(rest)


def named(session):
    """Which session a row is about."""
    kind, desktop = session.get("Type", ""), session.get("Desktop", "")[:LONGEST_TEXT]
    return {"id": session["Id"], "user": session["Name"], "type": kind, "desktop": desktop}


def believed(place):
    """What was seen of a session last, unless that is too long ago."""
    if time.monotonic() <= place.due:
        return place.row
    why = f"its programs are more than {OVERDUE:g} s late with their answer"
    return {**place.row, "state": "unseen", "idle": None, "why": why}


def too_many(sessions):
    """One row for the sessions of a person that nobody looks at."""
    why = f"{PLACES} of one person are watched; this and {len(sessions) - 1} more were told to lock"
    return {"state": "unseen", "why": why, **named(sessions[0]), "refusals": 0}


def lock_all(uids):
    """Lock every session now; 1 if one stays open, or if nobody saw in time that it is locked."""
    until = time.monotonic() + BEFORE_SLEEP
    crowd.lock_everybody()
    people = crowd.people(uids).values()
    seen = {one["Id"]: one for own in people for one in own[:PLACES]}
    answers = dict.fromkeys(seen, f"not seen to lock within {BEFORE_SLEEP:g} s")
    for thread in [beside(lock_one, name, uids, answers) for name in seen]:
        thread.join(max(0.0, until - time.monotonic()))
    rows = [{**named(one), "why": answers[name]} for name, one in seen.items()]
    rows += [too_many(more) for own in people if (more := own[PLACES:])]
    failures = [f"session {row['id']} ({row['user']}): {row['why']}" for row in rows if row["why"]]
    sys.stdout.write("\n".join(failures or ["all sessions are locked"]) + "\n")
    return 1 if failures else 0


def lock_one(session_id, uids, answers):
    """Have one session locked; why not, or None where it is or has gone, goes to ``answers``."""
    session = logind.session(session_id)
    there = session is not None and logind.watched(session, uids)
    answers[session_id] = lock_now(session) if there else None


def write_status(status):
    """Replace the status file in one step."""
    fresh = STATUS.with_suffix(".new")
    fresh.write_text(json.dumps(status))
    fresh.replace(STATUS)


def notify(word):
    """Tell systemd; without it (run by hand) nothing happens."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.sendto(word.encode(), address.replace("@", "\0", 1))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
