"""Locks one session when its time is over, or at once.

Whatever the session's own programs do meanwhile becomes a text that says why nobody saw it, or why
it did not lock.
"""

import subprocess
import time
from dataclasses import dataclass

import desktop
import logind
import person

AGAIN = 5.0  # seconds until a session that did not lock is asked again
LOCKED_SLEEP = 10.0  # seconds a session may stay open that a program has unlocked
MARGIN = 0.1  # seconds: a timer that fires early would find "not yet"
LONGEST_TEXT = 200  # characters of what a person may have written
ODD = (OSError, LookupError, ValueError, RuntimeError, subprocess.SubprocessError, person.Unread)
LOCKING = 1.0  # seconds: a desktop takes as long to lock, so it is asked so much earlier


@dataclass
class Watch:
    """What is known about one session between two looks."""

    asked: bool = False  # we asked it to lock, and it has been locked since
    refusals: int = 0
    screen: dict | None = None  # the answer of desktop.screen(), which is costly


def attended(session, watch, limit):
    """As `attend`; whatever a session's own programs break, it is looked at again."""
    try:
        return attend(session, watch, limit)
    except ODD as error:
        watch.screen = None
        return {"state": "unseen", "why": str(error)[:LONGEST_TEXT]}, AGAIN


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


def lock_now(session):
    """Have a session locked that has just been told to; why not, or None."""
    try:
        watch = Watch(asked=True, screen=desktop.screen(session))
        locked = wait_locked(session, watch, desktop.IMPATIENCE)
        return None if locked else lock(session, watch)
    except ODD as error:
        return str(error)[:LONGEST_TEXT]
