"""What a session's desktop says, asked as the session's own user."""

import os
import pwd
import subprocess
from pathlib import Path

import person

TIME_LIMIT = 5  # seconds
PATIENCE = 3.0  # seconds a desktop that has a locker of its own may take to lock
SETTLED = 1.5  # seconds: a locker that cannot get the keyboard gives up earlier than that
IMPATIENCE = 0.6  # seconds to wait for one that has none
SAVERS = (  # bus names of screen savers that lock when logind asks, and their object
    ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    ("org.xfce.ScreenSaver", "/org/xfce/ScreenSaver"),
    ("org.mate.ScreenSaver", "/org/mate/ScreenSaver"),
    ("org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver"),
    ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
)
LOCKERS = {"i3lock", "xsecurelock", "slock", "xtrlock", "swaylock", "gtklock", "waylock"}
ALWAYS = (  # properties of a locker's unit: killed, it comes back; unlocked, it does not
    "Restart=on-failure",
    "RestartForceExitStatus=SIGTERM SIGINT SIGHUP SIGKILL",
    "RestartSec=200ms",
    "StartLimitIntervalSec=0",
)
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
REACH = ("XDG_SESSION_ID", "DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS")
IDLE_MONITOR = ("org.gnome.Mutter.IdleMonitor", "/org/gnome/Mutter/IdleMonitor/Core")


def screen(session):
    """How to reach the session's screen: DISPLAY, XAUTHORITY and the user's bus, where known."""
    uid = int(session["User"])
    account = pwd.getpwuid(uid)
    environment = {
        "HOME": account.pw_dir,
        "USER": account.pw_name,
        "LOGNAME": account.pw_name,
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "XDG_RUNTIME_DIR": f"/run/user/{uid}",
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path=/run/user/{uid}/bus",
    }
    environments = [found for _, found in person.environments(uid, REACH)]
    environment.update(from_processes(session, environments))
    if session["Display"]:
        environment["DISPLAY"] = session["Display"]
    return environment


def from_processes(session, environments):
    """DISPLAY, XAUTHORITY and bus out of the environments of the session's processes. Pure."""
    wanted = REACH[1:]
    for environment in environments:
        if environment.get("XDG_SESSION_ID") == session["Id"] and (
            "DISPLAY" in environment or session["Type"] != "x11"
        ):
            return {name: environment[name] for name in wanted if name in environment}
    for environment in environments:  # desktops started by the user's systemd have no session id
        if session["Display"] and environment.get("DISPLAY") == session["Display"]:
            return {name: environment[name] for name in wanted if name in environment}
    return {}


def idle(session, environment):
    """Seconds since the last input, and None; or None, and why it cannot be seen."""
    if session["Type"] == "x11":
        if "DISPLAY" not in environment:
            return None, "no process of the session knows its X display"
        code, said = _as_user(session, environment, "/usr/bin/xprintidle")
    else:
        code, said = call(session, environment, *IDLE_MONITOR, IDLE_MONITOR[0], "GetIdletime")
    milliseconds = said.split()[-1] if said.split() else ""
    if code == 0 and milliseconds.isdigit():
        return int(milliseconds) / 1000, None
    name = session["Desktop"] or "this desktop"
    how = "xprintidle" if session["Type"] == "x11" else "Mutter's idle monitor"
    return None, f"{name} ({session['Type']}): {how} does not answer: {said.strip()[-120:]}"


def savers(session, environment):
    """What the screen savers on the user's bus say: whether each covers the screen.

    One that hangs counts as none. None is started for the question.
    """
    _, names = call(session, environment, *BUS, "ListNames")
    answers = [
        call(session, environment, name, path, name, "GetActive")
        for name, path in SAVERS
        if f'"{name}"' in names
    ]
    return [said.strip() == "b true" for code, said in answers if code == 0]


def call(session, environment, *words):
    """Call a method on the user's bus."""
    options = ("--user", "--auto-start=no", "--timeout=2", "call")
    return _as_user(session, environment, "/usr/bin/busctl", *options, *words)


def locker_runs(session, environment):
    """Whether a full-screen locker runs on the session's own display."""
    uid = int(session["User"])
    name = "DISPLAY" if session["Type"] == "x11" else "XDG_SESSION_ID"
    wanted = environment.get("DISPLAY") if session["Type"] == "x11" else session["Id"]
    for folder, shown in person.environments(uid, [name]):
        try:
            program = (folder / "comm").read_text(errors="replace").strip()
            covers = program in LOCKERS and wanted and shown.get(name) == wanted
            if covers and age(folder) >= SETTLED:
                return True
        except OSError:
            continue
    return False


def age(folder):
    """Seconds since a process began."""
    began = int((folder / "stat").read_text().rpartition(")")[2].split()[19])
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return uptime - began / os.sysconf("SC_CLK_TCK")


def free_keyboard(session, environment):
    """Close menus of an X session: they keep every locker out."""
    program = str(Path(__file__).with_name("keyboard.py"))
    _as_user(session, environment, "/usr/bin/python3", "-EsB", program)


def start_locker(session, environment):
    """Cover the session's X screen; why not, or None. systemd starts it again if it is killed."""
    if not os.access("/usr/bin/i3lock", os.X_OK):
        return "its own locker did not lock, and i3lock is not installed"
    names = ("DISPLAY", "XAUTHORITY", "HOME", "USER", "LOGNAME", "XDG_RUNTIME_DIR")
    environ = [f"--setenv={name}={environment[name]}" for name in names if name in environment]
    unit = f"socle-locker-{session['Id']}.service"
    words = [
        *("/usr/bin/systemd-run", "--quiet", "--collect"),
        f"--unit={unit}",
        f"--uid={session['User']}",
        *(f"--property={one}" for one in ALWAYS),
        *environ,
        *("/usr/bin/i3lock", "--nofork", "--ignore-empty-password", "--color=20303c"),
    ]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
        )
        if done.returncode == 0 or _is_starting(unit):  # by the service, at the same moment
            return None
    except (OSError, subprocess.SubprocessError) as error:  # the person's environment goes along
        return f"i3lock was not started: {error}"
    return f"i3lock was not started: {done.stderr.strip()[-120:]}"


def _is_starting(unit):
    words = ("/usr/bin/systemctl", "is-active", "--quiet", unit)
    return subprocess.run(words, timeout=TIME_LIMIT, check=False).returncode == 0


def _as_user(session, environment, *words):
    """Run a command as the session's user; its exit code and what it said."""
    account = pwd.getpwuid(int(session["User"]))
    try:
        return person.run(words, account, environment, seconds=TIME_LIMIT, errors=subprocess.STDOUT)
    except person.Unread as why:
        return person.Said(1, str(why))
