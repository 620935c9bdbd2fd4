"""Locks graphical sessions that nobody has touched for the allowed time.

It asks each session how long it has been idle, sleeps until shortly before the limit could be
reached at the earliest, and asks again. Idle inhibitors, a desktop's own minutes, a killed or
disabled screen saver make no difference to it. What it cannot see or cannot lock stands in its
status file.

``guardian.py``: the service. ``guardian.py --now``: locks all sessions once (before sleep).
"""

import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import desktop
import logind

CONFIG = Path("/etc/socle/screen-lock.json")
STATUS = Path("/run/socle-lock/status.json")
STARTED = Path("/run/socle-lock/started")  # older than our files: we run what they were before
LONGEST_SLEEP = 30.0  # seconds: also how soon a new session is seen at the latest
AGAIN = 5.0  # seconds until a session that did not lock is asked again
LOCKED_SLEEP = 10.0  # seconds a session may stay open that a program has unlocked
MARGIN = 0.1  # seconds: a timer that fires early would find "not yet"
SIDE_BY_SIDE = 8  # sessions
ODD = (OSError, LookupError, ValueError, RuntimeError, subprocess.SubprocessError)
LOCKING = 1.0  # seconds: a desktop takes as long to lock, so it is asked so much earlier


@dataclass
class Watch:
    """What is known about one session between two looks."""

    asked: bool = False  # we asked it to lock, and it has been locked since
    refusals: int = 0
    screen: dict | None = None  # the answer of desktop.screen(), which is costly


def main(words):
    """Lock once, or watch for ever."""
    config = json.loads(CONFIG.read_text())
    if words == ["--now"]:
        return lock_all(config)
    limit = float(config["idle_seconds"])
    watches = {}
    STARTED.touch()
    notify("READY=1")
    while True:
        notify("WATCHDOG=1")
        rows, pause = look(limit, config["uids"], watches)
        write_status({"at": time.time(), "limit": limit, "sessions": rows})
        time.sleep(pause)


def look(limit, uids, watches):
    """Look at every session once; rows for the status, and seconds until the next look."""
    sessions = [s for s in logind.sessions() if logind.watched(s, uids)]
    for gone in set(watches) - {s["Id"] for s in sessions}:
        del watches[gone]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:  # nobody's hanging desktop delays the others
        found = list(pool.map(lambda s: attended(s, watches.setdefault(s["Id"], Watch()), limit),
                              sessions))  # fmt: skip
    rows, pauses = [row for row, _ in found], [LONGEST_SLEEP, *(pause for _, pause in found)]
    for session, row in zip(sessions, rows, strict=True):
        row.update(id=session["Id"], user=session["Name"], type=session["Type"])
        row.update(desktop=session["Desktop"], refusals=watches[session["Id"]].refusals)
    return rows, min(*pauses, limit)


def attended(session, watch, limit):
    """As `attend`; whatever a session's own programs break, the others are locked."""
    try:
        return attend(session, watch, limit)
    except ODD as error:
        watch.screen = None
        return {"state": "unseen", "why": str(error)}, AGAIN


def attend(session, watch, limit):
    """Lock the session if its time is over; what was seen, and seconds until the next look."""
    if watch.screen is None:
        watch.screen = desktop.screen(session)
    idle, why = desktop.idle(session, watch.screen)
    locked = locked_now(session, watch)
    if not locked:
        watch.asked = False
    if idle is None and not locked:
        watch.screen = None  # it may have been asked too early
        return {"state": "unseen", "why": why}, AGAIN
    state, pause = decide(limit - LOCKING, idle, locked=locked)
    if state != "over":
        return {"state": state, "idle": idle}, pause
    failure = lock(session, watch)
    if failure is None:
        return {"state": "locked", "idle": idle}, LOCKED_SLEEP
    watch.refusals += 1
    watch.screen = None
    return {"state": "refused", "idle": idle, "why": failure}, AGAIN


def decide(limit, idle, *, locked):
    """``locked``, ``open`` or ``over``, and seconds until it may have changed. Pure.

    ``idle`` is None where a locked session does not tell.
    """
    if locked:
        return "locked", LOCKED_SLEEP
    if idle < limit:
        return "open", limit - idle + MARGIN
    return "over", 0.0


def lock(session, watch):
    """Have the session locked, by its own desktop or by a locker of ours; why not, or None."""
    if session["Type"] == "x11":
        desktop.free_keyboard(session, watch.screen)
    return lock_with(session, watch, logind.lock, desktop.start_locker)


def lock_with(session, watch, ask, start_locker):
    """As `lock`, with the two ways to lock given."""
    watch.asked = True
    ask(session["Id"])
    has_own = session["Type"] != "x11" or desktop.savers(session, watch.screen)
    if wait_locked(session, watch, desktop.PATIENCE if has_own else desktop.IMPATIENCE):
        return None
    if session["Type"] != "x11":
        watch.asked = False
        return "the desktop did not lock when it was asked, and nothing else can cover its screen"
    failure = start_locker(session, watch.screen)
    if failure is None and wait_locked(session, watch, 2 * desktop.SETTLED):
        return None
    watch.asked = False
    return failure or "the locker that was started did not cover the screen"


def wait_locked(session, watch, seconds):
    """Whether the session is locked before ``seconds`` are over."""
    until = time.monotonic() + seconds
    while True:
        fresh = logind.session(session["Id"])
        if fresh is None or locked_now(fresh, watch):
            return True
        if time.monotonic() > until:
            return False
        time.sleep(0.1)


def locked_now(session, watch):
    """Whether the session is locked.

    A screen saver that runs proves nothing unless it was asked to lock: it may only be a picture.
    LockedHint counts only where there is no screen saver to ask: any program of the user sets it.
    """
    if desktop.locker_runs(session, watch.screen):
        return True
    savers = desktop.savers(session, watch.screen)
    return watch.asked and any(savers) if savers else session["LockedHint"] == "yes"


def lock_all(config):
    """Lock every session now; 1 if one stays open."""
    failures = []
    for session in logind.sessions():
        if not logind.watched(session, config["uids"]):
            continue
        failure = lock_now(session)
        if failure is not None:
            failures.append(f"session {session['Id']} ({session['Name']}): {failure}")
    sys.stdout.write("\n".join(failures or ["all sessions are locked"]) + "\n")
    return 1 if failures else 0


def lock_now(session):
    """Have one session locked, if it is not; why not, or None."""
    try:
        watch = Watch(screen=desktop.screen(session))
        return None if locked_now(session, watch) else lock(session, watch)
    except ODD as error:
        return str(error)


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
