"""Runs on the host, as root: what this room's checks ask of a machine, in one execution.

``python3 -c SOURCE REQUEST``; the answer is one JSON object. Nothing is written, no session is
opened: people's settings are read under the environment that their login would give them.
"""

import grp
import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import time
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

NO_SHELL = ("nologin", "false", "sync")
GENERATOR = "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator"
INTERESTING = ("DCONF_PROFILE", "GSETTINGS_BACKEND", "GSETTINGS_SCHEMA_DIR", "XDG_CONFIG_DIRS")
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


def main(request):
    """Everything, as one dict."""
    people = [p for p in pwd.getpwall() if human(p, request["uids"])]
    desktops = {name: any(map(shutil.which, words)) for name, words in PROGRAMS.items()}
    graphical = any(desktops.values())
    names = [p.pw_name for p in people]
    with ThreadPoolExecutor(4) as pool:
        in_parallel = list(pool.map(lambda p: person(p, desktops, request), people))
    return {
        "desktops": desktops,
        "programs": [n for n in ("i3lock", "xprintidle", "labwc", "wayfire") if shutil.which(n)],
        "offered": offered(),
        "people": dict(zip(names, in_parallel, strict=True)),
        "root_shell": shell_timeout(pwd.getpwuid(0), login_environment(pwd.getpwuid(0))),
        "guardian": guardian(),
        "sessions": sessions(request) if graphical else [],
        "logind": logind(),
        "sleep": units("sleep.target", "socle-lock-sleep.service"),
        "gettys": units(*GETTYS),
        "login_files": {p: read(p) for pattern in LOGIN_FILES for p in matching(pattern)},
        "groups": {g.gr_name: g.gr_mem for g in grp.getgrall() if "login" in g.gr_name},
        "greeter": greeter(request["greeter_keys"]),
        "xdmcp": ask("ss", "-H", "-l", "-u", "-n", "sport = 177").split("\n")[0],
    }


def human(account, uids):
    """Whether a person logs in with this account."""
    shell = account.pw_shell.rsplit("/", 1)[-1]
    return uids[0] <= account.pw_uid <= uids[1] and shell not in NO_SHELL


def person(account, desktops, request):
    """What holds for one person."""
    environment = login_environment(account)
    found = {
        "shell": account.pw_shell,
        "login": {n: environment[n] for n in INTERESTING if n in environment},
        "running": running(account.pw_uid),
        "timeout": shell_timeout(account, environment),
    }
    with runtime_folder(account, environment):
        wanted = [k for k in request["keys"] if desktops[k["desktop"]]]
        found["keys"] = keys(wanted, environment, account)
        if desktops["xfce"]:
            found["xfce"] = xfce(account, environment, request["xfce"])
    if desktops["kde"]:
        home = environment.get("XDG_CONFIG_HOME") or f"{account.pw_dir}/.config"
        folders = [home, *environment.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
        found["kde"] = [read(f"{folder}/kscreenlockerrc") for folder in folders]
    return found


def login_environment(account):
    """The environment of the person's next login: PAM's file, environment.d, login shell."""
    environment = {
        "HOME": account.pw_dir,
        "USER": account.pw_name,
        "LOGNAME": account.pw_name,
        "SHELL": account.pw_shell,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
    }
    environment.update(pairs(read("/etc/environment")))
    environment.update(pairs(ask(GENERATOR, account=account, environment=environment)))
    script = '[ ! -r ~/.xsessionrc ] || . ~/.xsessionrc; printf "\\0"; env -0'
    said = ask("bash", "-l", "-c", script, account=account, environment=environment)
    words = said.partition("\0")[2].split("\0")
    return dict(w.split("=", 1) for w in words if "=" in w) or environment


def pairs(text):
    """NAME=VALUE lines, with or without quotes."""
    found = re.findall(r"^(?:export )?([A-Za-z_]\w*)=(.*)$", text, re.MULTILINE)
    return {name: value.strip().strip("\"'") for name, value in found}


def running(uid):
    """The interesting variables of the person's processes: NAME=VALUE -> a program that has it."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid == uid:
                words = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
                name = (folder / "comm").read_text().strip()
                for word in words:
                    if word.startswith(tuple(f"{one}=" for one in INTERESTING)):
                        found.setdefault(word, name)
        except OSError:
            continue
    return found


def shell_timeout(account, environment):
    """TMOUT of the person's login shell: [value, whether it is read-only]."""
    script = 'printf "\\0%s\\0" "${TMOUT-}"; readonly -p | grep -cw TMOUT'
    said = ask("bash", "-l", "-c", script, account=account, environment=environment)
    _, _, rest = said.partition("\0")
    value, _, count = rest.partition("\0")
    return [value, count.strip() not in {"", "0"}]


class runtime_folder:  # noqa: N801 - a context manager, used as a word
    """XDG_RUNTIME_DIR of the person, or a throw-away one, so that dconf leaves nothing at home."""

    def __init__(self, account, environment):  # noqa: D107
        self.account, self.environment, self.made = account, environment, None

    def __enter__(self):  # noqa: D105
        folder = f"/run/user/{self.account.pw_uid}"
        if not os.path.isdir(folder):  # noqa: PTH112
            self.made = folder = tempfile.mkdtemp(prefix="socle-")
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)
        self.environment["XDG_RUNTIME_DIR"] = folder

    def __exit__(self, *_):  # noqa: D105
        if self.made:
            shutil.rmtree(self.made, ignore_errors=True)


def keys(wanted, environment, account):
    """GSettings keys: [value, whether the person may change it]; null where there is none."""
    script = (
        'while [ $# -gt 0 ]; do printf "%s\\t%s\\n" "$(gsettings get $1 $2 2>/dev/null)" '
        '"$(gsettings writable $1 $2 2>/dev/null)"; shift 2; done'
    )
    words = [word for key in wanted for word in (key["schema"], key["key"])]
    said = ask("sh", "-c", script, "sh", *words, account=account, environment=environment)
    rows = [line.split("\t") for line in said.splitlines()]
    if len(rows) != len(wanted):
        return None
    return {
        f"{key['schema']} {key['key']}": [row[0], row[1] == "true"] if row[0] else None
        for key, row in zip(wanted, rows, strict=True)
    }


def xfce(account, environment, names):
    """Properties of xfce4-screensaver: {name: [value, locked]}; null where there is no xfconf.

    A running session's own xfconfd is asked; nobody else's session gets one for the question.
    """
    call = "busctl --user --timeout=3 --json=short call"
    xfconf = f"{call} org.xfce.Xfconf /org/xfce/Xfconf org.xfce.Xfconf"
    script = (
        f"{xfconf} GetAllProperties ss xfce4-screensaver /; "
        f'for p; do {xfconf} IsPropertyLocked ss xfce4-screensaver "$p"; done'
    )
    words = ["sh", "-c", script, "sh", *names]
    bus = f"unix:path={environment['XDG_RUNTIME_DIR']}/bus"
    live = {**environment, "DBUS_SESSION_BUS_ADDRESS": bus}
    manager = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
    there = ask(*call.split(), *manager, "ListNames", account=account, environment=live)
    if '"org.xfce.Xfconf"' in there:
        said = ask(*words, account=account, environment=live)
    else:
        said = ask("dbus-run-session", "--", *words, account=account, environment=environment)
    answers = [json.loads(line)["data"] for line in said.splitlines() if line.startswith("{")]
    if len(answers) != len(names) + 1:
        return None
    values = {name: value["data"] for name, value in answers[0][0].items()}
    return {n: [values.get(n), bool(a[0])] for n, a in zip(names, answers[1:], strict=True)}


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
            row["inhibited"] = inhibited(session, screen)
        found.append(row)
    return found


def inhibited(session, screen):
    """Whether a program asks GNOME not to be idle."""
    account = pwd.getpwuid(int(session["User"]))
    manager = ("org.gnome.SessionManager", "/org/gnome/SessionManager", "org.gnome.SessionManager")
    words = ("busctl", "--user", "--auto-start=no", "call", *manager, "IsInhibited", "u", "8")
    return ask(*words, account=account, environment=screen).strip() == "b true"


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


def greeter(wanted):
    """GDM's greeter: its keys as it reads them; null where there is no GDM."""
    name = next((n for n in ("Debian-gdm", "gdm") if exists(n)), None)
    if name is None or not (shutil.which("gdm3") or shutil.which("gdm")):
        return None
    account = pwd.getpwnam(name)
    environment = {"HOME": account.pw_dir, "PATH": "/usr/bin:/bin", "DCONF_PROFILE": "gdm"}
    environment["LC_ALL"] = "C.UTF-8"
    with runtime_folder(account, environment):
        return keys(wanted, environment, account)


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


def ask(*words, account=None, environment=None):
    """What a command prints, as the person if one is given; empty where it cannot run."""
    identity = {}
    if account is not None and account.pw_uid != 0:
        groups = os.getgrouplist(account.pw_name, account.pw_gid)
        identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": groups}
    try:
        return subprocess.run(
            words,
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=8,
            check=False,
            **identity,
        ).stdout.decode(errors="replace")
    except (OSError, subprocess.SubprocessError):
        return ""


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))))
