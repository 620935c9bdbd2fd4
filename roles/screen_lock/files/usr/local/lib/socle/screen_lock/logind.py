"""Sessions as logind knows them."""

import subprocess

PROPERTIES = ("Id", "Name", "User", "Class", "Type", "State", "Desktop", "Display", "LockedHint")
TIME_LIMIT = 10  # seconds


def sessions():
    """Every session: a dict of `PROPERTIES`, all text.

    Raises RuntimeError when logind does not answer: no answer must not look like no session.
    """
    code, listed = _ask("list-sessions", "--no-legend")
    ids = [line.split()[0] for line in listed.splitlines() if line.split()]
    found = _shown(ids) if ids else []
    if code != 0 or (ids and not found):
        raise RuntimeError("logind does not tell which sessions there are")
    return found


def session(session_id):
    """One session; None when it is gone."""
    found = _shown([session_id])
    return found[0] if found else None


def watched(session, uids):
    """Whether a session has a screen and belongs to a person."""
    return (
        session["Class"].startswith("user")
        and session["Type"] in {"x11", "wayland", "mir"}
        and session["State"] != "closing"
        and uids[0] <= int(session["User"]) <= uids[1]
    )


def lock(session_id):
    """Ask the session's desktop to lock."""
    _ask("lock-session", session_id)


def parse(text):
    """The answer of ``loginctl show-session``: blocks of NAME=VALUE, an empty line between."""
    found = []
    for block in text.split("\n\n"):
        pairs = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if pairs.get("Id"):
            found.append({name: pairs.get(name, "") for name in PROPERTIES})
    return found


def _shown(ids):
    wanted = [f"--property={name}" for name in PROPERTIES]
    return parse(_ask("show-session", *wanted, *ids)[1])


def _ask(*words):
    """The exit code and the answer of loginctl; a session may have ended meanwhile."""
    done = subprocess.run(
        ["/usr/bin/loginctl", *words],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        check=False,
    )
    return done.returncode, done.stdout
