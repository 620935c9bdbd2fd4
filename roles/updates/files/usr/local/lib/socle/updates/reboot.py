"""Restart this machine, if updates need it, within the idle windows and with nobody on it.

Started by socle-reboot.timer when a window begins, with the windows as arguments
("mon-fri/12:30-13:30", local time); looks once a minute until the window ends. A window that
went by while the machine slept is over: the clock decides, not the timer.
"""

import json
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
REQUIRED = Path("/run/reboot-required")  # gone after a restart: no machine restarts in a circle
RESTART_TAKES = timedelta(minutes=5)
EVERY = 60  # seconds between two looks
BUSY = ("apt-daily.service", "apt-daily-upgrade.service")
LOGIND = (
    "org.freedesktop.login1",
    "/org/freedesktop/login1",
    "org.freedesktop.login1.Manager",
    "ListSessions",
)
WORKING = ("activating", "active", "reloading", "deactivating")


def weekdays(words):
    """The days of "daily", "mon-fri", "mon,wed,fri-sun" as numbers; Monday is 0."""
    found = set()
    for part in words.replace("daily", "mon-sun").split(","):
        first, _, last = part.partition("-")
        day, end = DAYS.index(first), DAYS.index(last or first)
        found |= {(day + n) % 7 for n in range((end - day) % 7 + 1)}
    return found


def inside(window, moment):
    """Whether a window contains a moment; an end before the start lies on the next day."""
    days, _, clock = window.partition("/")
    start, end = (datetime.strptime(text, "%H:%M").time() for text in clock.split("-"))
    for day in (moment.date(), moment.date() - timedelta(days=1)):
        opens, closes = datetime.combine(day, start), datetime.combine(day, end)
        if closes <= opens:
            closes += timedelta(days=1)
        if day.weekday() in weekdays(days) and opens <= moment < closes:
            return True
    return False


def open_now(windows, moment):
    """Whether there is a window now that is still one when the machine is back."""
    return any(inside(w, moment) and inside(w, moment + RESTART_TAKES) for w in windows)


def output(*words):
    """What a command prints; nothing where it fails."""
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def users():
    """Who has a session here: at the screen, locked or not, on a console, by SSH.

    Asked on the bus: loginctl's JSON differs between Debian 12 and 13. No answer is an error, and
    ends the program: nobody restarts a machine without having seen that it is empty.
    """
    found = []
    answer = json.loads(output("busctl", "--json=short", "call", *LOGIND))
    for session, _, user, *_ in answer["data"][0]:
        shown = output("loginctl", "show-session", session, "-pClass", "-pState")
        one = dict(line.partition("=")[::2] for line in shown.splitlines())
        if one.get("Class", "user").startswith("user") and one.get("State") != "closing":
            found.append(user)
    return sorted(set(found))


def obstacles():
    """Why this is not the moment."""
    states = output("systemctl", "is-active", *BUSY).split()
    busy = [
        f"{unit} is {state}" for unit, state in zip(BUSY, states, strict=False) if state in WORKING
    ]
    return [*(f"{user} is logged in" for user in users()), *busy]


def say(words):
    """A line for the journal."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main(windows):
    """Look until the window ends; the words go to the journal."""
    said = None
    while open_now(windows, datetime.now()):
        seen = obstacles() if REQUIRED.exists() else ["no restart is pending"]
        if not seen:
            say("restarting: updates need it, nobody is logged in")
            # With the checks that a person's command makes: a backup may have asked for quiet.
            done = subprocess.run(["systemctl", "reboot", "--check-inhibitors=yes"], check=False)
            seen = ["restarting"] if done.returncode == 0 else ["something asked systemd for quiet"]
        if seen != said:
            say("; ".join(seen))
            said = seen
        time.sleep(EVERY)


if __name__ == "__main__":
    main(sys.argv[1:])
