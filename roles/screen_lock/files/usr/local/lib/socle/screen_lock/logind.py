"""Sessions as logind knows them."""

import subprocess

PROPERTIES = ("Id", "Name", "User", "Class", "Type", "State", "Desktop", "Display", "LockedHint")
TIME_LIMIT = 10  # seconds


def sessions():
    """Every session: a dict of `PROPERTIES`, all text."""
    listed = _ask("list-sessions", "--no-legend")
    ids = [line.split()[0] for line in listed.splitlines() if line.split()]
    return _shown(ids) if ids else []


def session(session_id):
    """One session; None when it is gone."""
    found = _shown([session_id])
    return found[0] if found else None


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
    return parse(_ask("show-session", "--property", ",".join(PROPERTIES), *ids))


def _ask(*words):
    """The answer of loginctl. A session that ended meanwhile is no error."""
    done = subprocess.run(
        ["/usr/bin/loginctl", *words],
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        check=False,
    )
    return done.stdout
