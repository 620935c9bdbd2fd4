"""Everybody's sessions, however many one person has, and however fast they come and go."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import logind

LISTED = 64  # sessions of one person that logind is asked about, consoles and services included


def people(uids):
    """The sessions of each person (by user number) that have a screen, the oldest first.

    Those beyond the first `LISTED` follow, with Id, User and Name alone. Raises RuntimeError when
    logind does not answer: no answer must not look like no session.
    """
    code, listed = logind._ask("list-sessions", "--no-legend")
    if code != 0:
        raise RuntimeError("logind does not tell which sessions there are")
    owned = {}
    for line in sorted(listed.splitlines(), key=_age):
        row = dict(zip(("Id", "User", "Name"), line.split(), strict=False))
        if row and uids[0] <= int(row["User"]) <= uids[1]:
            owned.setdefault(row["User"], []).append(row)
    known = _shown([row["Id"] for own in owned.values() for row in own[:LISTED]])
    return {
        uid: [known[row["Id"]] for row in own[:LISTED]
              if row["Id"] in known and logind.watched(known[row["Id"]], uids)] + own[LISTED:]
        for uid, own in owned.items()
    }  # fmt: skip


def lock(sessions):
    """Tell sessions to lock. logind waits for none of them."""
    with suppress(subprocess.TimeoutExpired):
        logind._ask("lock-session", *(session["Id"] for session in sessions))


def lock_everybody():
    """Tell all sessions to lock."""
    with suppress(subprocess.TimeoutExpired):
        logind._ask("lock-sessions")


def end_strays():
    """End what people's programs have left behind in this service: it takes everybody's time.

    A question to a person runs in a process session of its own (setsid(2)), led by a child of ours.
    """
    ours = Path("/proc/self/cgroup").read_bytes()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            if (folder / "cgroup").read_bytes() == ours and not _is_ours(_stat(folder.name)[3]):
                os.kill(int(folder.name), signal.SIGKILL)


def _is_ours(leader):
    """Whether a process session is our own, or led by a child that we have not waited for yet."""
    try:
        return int(leader) == os.getsid(0) or int(_stat(leader)[1]) == os.getpid()
    except OSError:
        return False


def _stat(pid):
    """Of proc_pid_stat(5) what stands behind the name: state, parent, group, session, and so on."""
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()


def _age(line):
    """A key to sort lines of loginctl by: the numbers of sessions count up."""
    session_id = line.split()[0] if line.split() else ""
    return len(session_id), session_id


def _shown(ids):
    """Sessions by their ids.

    loginctl stops at one that has just ended; those behind it are asked for again.
    """
    found, left = {}, ids
    while left:
        shown = logind._shown(left)
        found.update((one["Id"], one) for one in shown)
        left = left[len(shown) + 1 :]
    if ids and not found:
        raise RuntimeError("logind does not tell which sessions there are")
    return found
