"""Shows the machine's warning on this person's desktop; runs as the person, on the person's bus.

``notice.py``: the whole text. ``notice.py covered``: for a locked screen, only whom to call.
``notice.py login``: the whole text, as soon as the desktop can show it. An earlier warning is
replaced; where there is nothing to say any more, it is taken away.
"""

import html
import os
import subprocess
import sys
import time
from pathlib import Path

NOTICE = Path("/var/lib/socle-notice/notice.txt")
DESTINATION = "org.freedesktop.Notifications"
PLACE = (DESTINATION, "/org/freedesktop/Notifications", DESTINATION)
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
COVER = "Message de sécurité de cet ordinateur"
CRITICAL = "2"  # stays until somebody closes it
NEVER = "0"  # milliseconds: it does not expire
TIME_LIMIT = 12  # seconds for a call
PATIENCE = 120  # seconds that a desktop may take to start


def call(*words):
    """The last word of a method's answer; raises CalledProcessError, TimeoutExpired."""
    done = subprocess.run(
        ["busctl", "--user", "--timeout=10", "--", "call", *words],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        check=True,
    )
    return done.stdout.split()[-1].strip('"') if done.stdout.strip() else ""


def shown(record):
    """The number of our warning that is still there, "0" where there is none.

    The desktop's own name on the bus stands beside it: another desktop counts anew, and the number
    could be somebody else's.
    """
    try:
        owner = call(*BUS, "GetNameOwner", "s", DESTINATION)
        of, _, number = record.read_text(encoding="utf-8").strip().partition(" ")
    except (subprocess.CalledProcessError, OSError):
        return "0"
    return number if of == owner and number.isdigit() else "0"


def show(summary, body, earlier):
    """Show it in place of ``earlier``; its number."""
    hints = ("1", "urgency", "y", CRITICAL)
    text = (html.escape(summary, quote=False), html.escape(body, quote=False))
    words = ("Socle", earlier, "dialog-warning", *text, "0", *hints, NEVER)
    return call(*PLACE, "Notify", "susssasa{sv}i", *words)


def main(covered):
    """Say what there is to say."""
    record = Path(os.environ["XDG_RUNTIME_DIR"]) / "socle-notice"
    earlier = shown(record)
    try:
        summary, contact, *titles = NOTICE.read_text(encoding="utf-8").strip().split("\n")
    except FileNotFoundError:
        if earlier != "0":
            call(*PLACE, "CloseNotification", "u", earlier)
        record.unlink(missing_ok=True)
        return
    if covered:
        number = show(COVER, contact, earlier)
    else:
        number = show(summary, "\n".join([*titles, contact]), earlier)
    owner = call(*BUS, "GetNameOwner", "s", DESTINATION)
    record.write_text(f"{owner} {number}\n", encoding="utf-8")


def at_login():
    """A session starts its programs before it can show anything: try until it can."""
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            return main(covered=False)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            if time.monotonic() > limit:
                raise
            time.sleep(1)


if __name__ == "__main__":
    try:
        at_login() if sys.argv[1:] == ["login"] else main(sys.argv[1:] == ["covered"])
    except subprocess.CalledProcessError as error:
        sys.exit(error.stderr.strip())
    except (OSError, subprocess.TimeoutExpired, KeyError, ValueError) as error:
        sys.exit(f"the desktop cannot be told: {type(error).__name__}")
