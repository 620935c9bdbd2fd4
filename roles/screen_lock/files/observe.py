"""Runs on the host, as root: what this room's checks ask of a machine, in one execution.

``python3 -ISB -c SOURCE REQUEST``, where SOURCE is person.py, people.py and this; the answer is one
JSON object. Nothing is written, no session is opened: people's settings are read by themselves,
under the environment that their login would give them.
"""

import grp
import json
import pwd
import re
import shutil
import subprocess
import sys
import time
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from people import ASIDE, INTERESTING, LONGEST, observed
from person import Unread, environments

NO_SHELL = ("nologin", "false", "sync")
PROGRAMS = {
    "gnome": ("gnome-shell",),
    "kde": ("startplasma-x11", "startplasma-wayland"),
    "xfce": ("xfce4-session",),
    "cinnamon": ("cinnamon-session",),
    "mate": ("mate-session",),
}
LOGIN_FILES = (
    "/etc/gdm3/*.conf",
    "/etc/gdm/*.conf",
    "/usr/share/lightdm/lightdm.conf.d/*.conf",
    "/etc/lightdm/lightdm.conf.d/*.conf",
    "/etc/lightdm/lightdm.conf",
    "/usr/lib/sddm/sddm.conf.d/*",
    "/etc/sddm.conf.d/*.conf",
    "/etc/sddm.conf",
    "/etc/greetd/config.toml",
    "/etc/lxdm/lxdm.conf",
    "/etc/slim.conf",
    "/etc/default/nodm",
    "/etc/nodm.conf",
)
GETTYS = ("getty@*", "serial-getty@*", "console-getty*", "container-getty@*", "getty@tty1.service")
PATIENCE = 45  # seconds for all that is asked about one person
# More processes and threads than a person is seen to have; of other containers that share the
# kernel, and with it the accounts' numbers, none is seen.
FORKS = 1024


def main(request):
    """Everything, as one dict."""
    people = [p for p in pwd.getpwall() if human(p, request["uids"])]
    desktops = {name: any(map(shutil.which, words)) for name, words in PROGRAMS.items()}
    graphical = any(desktops.values())
    nobody = dict.fromkeys(PROGRAMS, False)
    with ThreadPoolExecutor(4) as pool:
        root = pool.submit(person, pwd.getpwuid(0), nobody, request)
        screen = pool.submit(greeter, nobody, request)
        in_parallel = list(pool.map(lambda p: person(p, desktops, request), people))
    for account, found in zip(people, in_parallel, strict=True):
        try:
            found["running"] = running(account.pw_uid)
        except Unread as why:
            found["unread"]["running"] = f"processes: {why}"
    return {
        "desktops": desktops,
        "programs": [n for n in ("i3lock", "xprintidle", "labwc", "wayfire") if shutil.which(n)],
        "offered": offered(),
        "people": {p.pw_name: one for p, one in zip(people, in_parallel, strict=True)},
        "root": root.result(),
        "guardian": guardian(),
        "sessions": sessions(request) if graphical else [],
        "logind": logind(),
        "sleep": units("sleep.target", "socle-lock-sleep.service"),
        "gettys": units(*GETTYS),
        "login_files": {p: read(p) for pattern in LOGIN_FILES for p in matching(pattern)},
        "groups": {g.gr_name: g.gr_mem for g in grp.getgrall() if "login" in g.gr_name},
        "greeter": screen.result(),
        "xdmcp": ask("ss", "-H", "-l", "-u", "-n", "sport = 177").split("\n")[0],
    }


def human(account, uids):
    """Whether a person logs in with this account."""
    shell = account.pw_shell.rsplit("/", 1)[-1]
    return uids[0] <= account.pw_uid <= uids[1] and shell not in NO_SHELL


def person(account, desktops, request, *, greeter=False):
    """What people.py finds out about a person, in a process that leaves nothing behind."""
    own = (
        request["greeter_keys"]
        if greeter
        else [k for k in request["keys"] if desktops[k["desktop"]]]
    )
    words = {**request, "person": account.pw_name, "greeter": greeter, "keys": own}
    words |= {"desktops": {**desktops, "xfce": False, "kde": False} if greeter else desktops}
    words |= {"processes": threads(account.pw_uid) + FORKS, "modules": {}}
    command = [*ASIDE, *sys.orig_argv[:-1], json.dumps(words)]
    try:
        said = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=True
        ).stdout
    except subprocess.SubprocessError as error:
        why = (error.stderr or b"no answer").decode(errors="replace").splitlines()[-1][:200]
        return {"shell": account.pw_shell, "unread": {"login": f"login: {why}"}}
    return json.loads(said)


def threads(uid):
    """How many processes and threads a person has."""
    found = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found += len(list((folder / "task").iterdir())) if folder.stat().st_uid == uid else 0
        except OSError:
            continue  # it has ended
    return found


def running(uid):
    """The interesting variables of the person's processes: NAME=VALUE -> a program that has it."""
    found = {}
    for folder, environment in environments(uid, INTERESTING):
        for name, value in environment.items():
            try:
                program = (folder / "comm").read_text(errors="replace").strip()
            except OSError:
                program = "process"  # it has ended
            found.setdefault(f"{name}={value[:LONGEST]}", program)
    return found


def guardian():
    """The service, and what it wrote: seconds ago, limit, sessions."""
    unit = next(iter(units("socle-lock.service")), {})
    try:
        status = json.loads(read("/run/socle-lock/status.json"))
        return {**unit, "age": time.time() - status["at"], "status": status}
    except (ValueError, KeyError):
        return {**unit, "age": None, "status": None}


def sessions(request):
    """Graphical sessions, asked with our own copy of the guardian's questions."""
    modules = {}
    sys.modules["person"] = sys.modules[__name__]  # its text stands above this one's
    for name in ("desktop", "logind"):
        modules[name] = types.ModuleType(name)
        exec(request["modules"][name], modules[name].__dict__)  # noqa: S102 - sent by the check
    found = []
    for session in modules["logind"].sessions():
        service = show("session", session["Id"], "Service")
        row = {"id": session["Id"], "user": session["Name"], "type": session["Type"]}
        row.update(service=service, desktop=session["Desktop"], hint=session["LockedHint"])
        if modules["logind"].watched(session, request["uids"]):
            screen = modules["desktop"].screen(session)
            row["idle"], row["why"] = modules["desktop"].idle(session, screen)
            row["savers"] = modules["desktop"].savers(session, screen)
            row["locker"] = modules["desktop"].locker_runs(session, screen)
            row["inhibited"] = inhibited(modules["desktop"], session, screen)
        found.append(row)
    return found


def inhibited(desktop, session, screen):
    """Whether a program asks GNOME not to be idle."""
    manager = ("org.gnome.SessionManager", "/org/gnome/SessionManager", "org.gnome.SessionManager")
    return desktop.call(session, screen, *manager, "IsInhibited", "u", "8")[1].strip() == "b true"


def show(kind, name, what):
    """One property of loginctl."""
    return ask("loginctl", f"show-{kind}", name, f"--property={what}", "--value").strip()


def logind():
    """logind's answers, as probe.sh prints them."""
    manager = (
        "org.freedesktop.login1",
        "/org/freedesktop/login1",
        "org.freedesktop.login1.Manager",
    )
    get = ("busctl", "get-property", *manager)
    lids = [f"HandleLidSwitch{which}" for which in ("", "ExternalPower", "Docked")]
    lid = ask(*get, *lids).replace("\n", "")
    return [f"lid {lid}", f"idle {ask(*get, 'StopIdleSessionUSec').strip()}"]


def units(*names):
    """Units: Id, states, what they start and want."""
    wanted = ("Id", "LoadState", "ActiveState", "UnitFileState", "Result", "Wants", "ExecStart")
    said = ask("systemctl", "show", *names, *(f"--property={one}" for one in wanted))
    blocks = [re.findall(r"^(\w+)=(.*)$", b, re.MULTILINE) for b in said.split("\n\n")]
    return [dict(block) for block in blocks if block]


def offered():
    """The sessions that a greeter offers: [kind, first program, the whole command]."""
    found = []
    for kind, folder in (("x11", "xsessions"), ("wayland", "wayland-sessions")):
        for file in matching(f"/usr/share/{folder}/*.desktop"):
            command = re.search(r"^Exec=(.*)$", read(file), re.MULTILINE)
            if command and not re.search(r"^(Hidden|NoDisplay)=true", read(file), re.MULTILINE):
                found.append([kind, Path(command[1].split()[0]).name, command[1]])
    return found


def greeter(nobody, request):
    """GDM's greeter: its keys as it reads them; null where there is no GDM."""
    name = next((n for n in ("Debian-gdm", "gdm") if exists(n)), None)
    if name is None or not (shutil.which("gdm3") or shutil.which("gdm")):
        return None
    return person(pwd.getpwnam(name), nobody, request, greeter=True)


def matching(pattern):
    """Paths that fit an absolute pattern, sorted."""
    return sorted(str(path) for path in Path("/").glob(pattern[1:]))


def exists(name):
    """Whether there is such an account."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def read(path):
    """The text of a file; empty where there is none."""
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def ask(*words):
    """What a command prints; empty where it cannot run."""
    try:
        return subprocess.run(
            words,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=8,
            check=False,
        ).stdout.decode(errors="replace")
    except (OSError, subprocess.SubprocessError):
        return ""


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    about = asked.get("person")
    found = main(asked) if about is None else observed(pwd.getpwnam(about), asked)
    sys.stdout.write(json.dumps(found))
