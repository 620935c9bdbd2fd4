"""Warnings on the desktops of those who are logged in, and for those who log in later.

The text lies in one file that everybody may read; a small program shows it, as the person, on the
person's own bus: now in each active session, and from XDG autostart at every login. All desktops
of Debian know XDG autostart, and it runs when the session can show something.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Mapping
from pathlib import Path

from socle import harmless
from socle.evidence import files
from socle.person import Unread, run
from socle.watch import words
from socle.watch.model import Attempt, Notice

# Not below /var/lib/socle, which only root may enter.
NOTICE = Path("/var/lib/socle-notice/notice.txt")
PROGRAM = Path("/usr/local/lib/socle/alerting/notice.py")
SECONDS = 30  # for one session, and for logind
_WANTED = ("Id", "User", "Class", "Type", "Active", "State", "LockedHint")
_COVERED = "covered"  # the program's word for a locked screen


def desktop(notice: Notice, file: Path = NOTICE, program: Path = PROGRAM) -> list[Attempt]:
    """Show the notice on every active desktop, and keep it for the next login.

    A notice without broken promises takes the earlier one away. Empty: nobody is logged in. An
    OSError of writing the notice is an attempt that failed, too: nothing is raised.
    """
    try:
        remember(notice, file)
        sessions = active()
    except (OSError, subprocess.SubprocessError) as error:
        return [Attempt("desktop", "", ok=False, reason=_why(error))]
    return [_show(session, program) for session in sessions]


def remember(notice: Notice, file: Path = NOTICE) -> None:
    """Keep the notice's text where the program finds it: the subject, whom to call, the titles.

    Without broken promises there is no such file. Raises OSError.
    """
    if not notice.broken:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(exist_ok=True)
    file.parent.chmod(0o755)
    text = "\n".join([words.subject(notice), words.call(notice), words.short(notice), ""])
    files.replace(file, text.encode())
    file.chmod(0o644)


def active() -> list[Mapping[str, str]]:
    """The graphical sessions that somebody looks at. Raises OSError or SubprocessError."""
    listed = _run(["loginctl", "--no-legend", "list-sessions"])
    names = [line.split()[0] for line in listed.splitlines() if line.strip()]
    if not names:
        return []
    wanted = [f"--property={name}" for name in _WANTED]
    shown = _run(["loginctl", "show-session", *wanted, *names], check=False)  # one may have ended
    return [one for one in map(_properties, shown.split("\n\n")) if _looked_at(one)]


def _properties(block: str) -> dict[str, str]:
    lines = (line.partition("=") for line in block.strip().splitlines())
    return {key: value for key, _, value in lines}


def _looked_at(session: Mapping[str, str]) -> bool:
    return (
        session.get("Class") == "user"
        and session.get("Type") in {"wayland", "x11"}
        and session.get("Active") == "yes"
        and session.get("State") != "closing"
    )


def _show(session: Mapping[str, str], program: Path) -> Attempt:
    """Run the program as the session's person; a locked screen learns only whom to call."""
    uid = int(session["User"])
    cover = [_COVERED] if session.get("LockedHint") == "yes" else []
    runtime = f"/run/user/{uid}"
    try:
        account = pwd.getpwuid(uid)
        environment = {
            "HOME": account.pw_dir,
            "LC_ALL": "C.UTF-8",
            "PATH": "/usr/bin:/bin",
            "XDG_RUNTIME_DIR": runtime,
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={runtime}/bus",
        }
        words = ["/usr/bin/python3", "-I", str(program), *cover]
        code, text = run(words, account, environment, seconds=SECONDS, errors=subprocess.STDOUT)
    except (Unread, KeyError) as error:
        return Attempt("desktop", f"uid {uid}", ok=False, reason=_why(error))
    said = text.strip().splitlines() or ["no reason given"]
    reason = "" if code == 0 else harmless.line(said[-1], 200)
    return Attempt("desktop", account.pw_name, ok=code == 0, reason=reason)


def _run(command: list[str], *, check: bool = True) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=check,
    )
    return done.stdout.decode(errors="replace")


def _why(error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"no answer within {SECONDS} s"
    if isinstance(error, subprocess.CalledProcessError):
        return f"{error.cmd[0]} ended with {error.returncode}"
    if isinstance(error, Unread):
        return str(error)
    if isinstance(error, KeyError):
        return "there is no such account"
    return getattr(error, "strerror", None) or type(error).__name__
