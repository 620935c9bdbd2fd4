"""What holds for one person of a machine: part of observe.py's text, in a process of its own.

The process is root's, in namespaces of its own: every file system is read-only there, what is
written in the home or in /tmp stays in memory, and all that the person's programs write or start is
gone with it. They themselves run as the person, within limits.
"""

import ctypes
import json
import os
import re
import struct
import subprocess
import time

from person import SECONDS, Unread, read_as, run

ASIDE = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
         "--mount-proc")  # fmt: skip
# The new layer's top folder is the person's as the home is, and out of reach in root's own.
LAYERS = """
[ "$1" = / ] || cd -- "$1" 2>/dev/null || set -- / "$2"
mount -t tmpfs -o size=32m,nr_inodes=4k,mode=1777 tmpfs /tmp
install -d -m 700 /tmp/.root && mkdir /tmp/.root/up /tmp/.root/work
install -d -m 700 -o "$2" /tmp/run
[ "$1" != / ] || exit 0
chown --reference=. /tmp/.root/up && chmod --reference=. /tmp/.root/up
mkdir -p -- "$1" # where it lies in /tmp
mount -t overlay overlay -o lowerdir=.,upperdir=/tmp/.root/up,workdir=/tmp/.root/work -- "$1"
"""
MOUNT_SETATTR, FROM_HERE, RECURSIVE, READ_ONLY = 442, -100, 0x8000, 1  # mount_setattr(2)
GENERATOR = "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator"
INTERESTING = ("DCONF_PROFILE", "GSETTINGS_BACKEND", "GSETTINGS_SCHEMA_DIR", "XDG_CONFIG_DIRS")
LOGIN = """printf '\\0%s\\0' "${TMOUT-}"; readonly -p | grep -cw TMOUT
[ ! -r ~/.xsessionrc ] || . ~/.xsessionrc; printf '\\0'; env -0"""
KEYS = """while [ $# -gt 0 ]; do printf '%s\\t%s\\n' "$(gsettings get $1 $2 2>/dev/null)" \
"$(gsettings writable $1 $2 2>/dev/null)"; shift 2; done"""
XFCONF = """call='busctl --user --timeout=15 --json=short call'
xfconf="$call org.xfce.Xfconf /org/xfce/Xfconf org.xfce.Xfconf"
$xfconf GetAllProperties ss xfce4-screensaver /
for p; do $xfconf IsPropertyLocked ss xfce4-screensaver "$p"; done"""
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
ONE_PERSON = 35.0  # seconds for one person
LONGEST = 300  # characters of a variable's value
FOLDERS = 8  # where settings of Plasma are looked for


class Person:
    """Asks one person's programs, in all for `ONE_PERSON` seconds."""

    def __init__(self, account, processes):  # noqa: D107
        self.account, self.processes = account, processes
        self.until = time.monotonic() + ONE_PERSON

    def ask(self, *words, environment):
        """The exit code and what a program says. Raises Unread."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise Unread(f"no time left of {ONE_PERSON:g} s")
        return run(words, self.account, environment, seconds=min(left, SECONDS),
                   processes=self.processes)  # fmt: skip


def cover(account):
    """Let nothing that follows outlive this process. Raises Unread where that cannot be."""
    wish = struct.pack("4Q", READ_ONLY, 0, 0, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(MOUNT_SETATTR, FROM_HERE, b"/", RECURSIVE, wish, len(wish)):
        raise Unread(f"file systems cannot be made read-only: {os.strerror(ctypes.get_errno())}")
    words = ("sh", "-euc", LAYERS, "sh", account.pw_dir, str(account.pw_uid))
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unread(f"the home cannot be covered: {done.stderr.strip()[-200:]}")


def observed(account, request):
    """All that is asked about a person; under ``unread`` why a part of it was not answered."""
    found = {"shell": account.pw_shell, "unread": {}}
    try:
        cover(account)
        person = Person(account, request["processes"])
        environment = greeting(account) if request["greeter"] else login(person, found)
    except Unread as why:
        return found | {"unread": {"login": f"login: {why}"}}
    environment["XDG_RUNTIME_DIR"] = "/tmp/run"  # noqa: S108 - covered: nobody else's
    questions = {"keys": lambda: keys(person, environment, request["keys"])}
    if request["desktops"]["xfce"]:
        questions["xfce"] = lambda: xfce(person, environment, request["xfce"])
    if request["desktops"]["kde"]:
        questions["kde"] = lambda: plasma(person, environment, request["kde"])
    for name, question in questions.items():
        try:
            found[name] = question()
        except Unread as why:
            found["unread"][name] = f"{name}: {why}"
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            found["unread"][name] = f"{name}: not the expected answer"
    return found


def greeting(account):
    """The environment of GDM's greeter."""
    return {"HOME": account.pw_dir, "PATH": "/usr/bin:/bin", "DCONF_PROFILE": "gdm",
            "LC_ALL": "C.UTF-8"}  # fmt: skip


def login(person, found):
    """The environment of the next login: PAM's file, environment.d, login shell.

    What of it is judged goes to ``found``, with TMOUT: its value, and whether it is read-only.
    """
    account = person.account
    environment = {
        "HOME": account.pw_dir,
        "USER": account.pw_name,
        "LOGNAME": account.pw_name,
        "SHELL": account.pw_shell,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
    }
    environment.update(pairs(read_as("/etc/environment", account, environment)))
    if os.path.exists(GENERATOR):  # noqa: PTH110
        environment.update(pairs(person.ask(GENERATOR, environment=environment).text))
    code, said = person.ask("bash", "-l", "-c", LOGIN, environment=environment)
    _, ours, rest = said.partition("\0")
    if not ours and code != 0:
        raise Unread(f"the login shell ended with {code}")
    value, _, rest = rest.partition("\0")
    readonly, _, words = rest.partition("\0")
    environment = dict(w.split("=", 1) for w in words.split("\0") if "=" in w) or environment
    found["timeout"] = [value[:LONGEST], readonly.strip() not in {"", "0"}]
    found["login"] = {n: environment[n][:LONGEST] for n in INTERESTING if n in environment}
    return environment


def pairs(text):
    """NAME=VALUE lines, with or without quotes."""
    found = re.findall(r"^(?:export )?([A-Za-z_]\w*)=(.*)$", text, re.MULTILINE)
    return {name: value.strip().strip("\"'") for name, value in found}


def keys(person, environment, wanted):
    """GSettings keys: [value, whether the person may change it]; null where there is none."""
    words = [word for key in wanted for word in (key["schema"], key["key"])]
    said = person.ask("sh", "-c", KEYS, "sh", *words, environment=environment).text
    rows = [line.split("\t") for line in said.splitlines()]
    if len(rows) != len(wanted):
        raise Unread("gsettings does not answer")
    return {
        f"{key['schema']} {key['key']}": [row[0][:LONGEST], row[1] == "true"] if row[0] else None
        for key, row in zip(wanted, rows, strict=True)
    }


def xfce(person, environment, names):
    """Properties of xfce4-screensaver: {name: [value, locked]}.

    A running session's own xfconfd is asked; nobody else's session gets one for the question.
    """
    words = ("sh", "-c", XFCONF, "sh", *names)
    bus = f"unix:path=/run/user/{person.account.pw_uid}/bus"
    live = {**environment, "DBUS_SESSION_BUS_ADDRESS": bus}
    names_there = ("busctl", "--user", "--timeout=15", "call", *BUS, "ListNames")
    if '"org.xfce.Xfconf"' in person.ask(*names_there, environment=live).text:
        said = person.ask(*words, environment=live).text
    else:
        said = person.ask("dbus-run-session", "--", *words, environment=environment).text
    answers = [json.loads(line)["data"] for line in said.splitlines() if line.startswith("{")]
    if len(answers) != len(names) + 1:
        raise Unread("xfconf does not answer")
    values = {name: value["data"] for name, value in answers[0][0].items()}
    return {n: [values.get(n), bool(a[0])] for n, a in zip(names, answers[1:], strict=True)}


def plasma(person, environment, wanted):
    """Plasma's kscreenlockerrc of each folder, the strongest first: what of it is judged."""
    home = environment.get("XDG_CONFIG_HOME") or f"{person.account.pw_dir}/.config"
    folders = [home, *environment.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
    if len(folders) > FOLDERS:
        raise Unread(f"{len(folders)} folders with settings")
    files = [f"{folder}/kscreenlockerrc" for folder in folders]
    return [daemon(read_as(file, person.account, environment), wanted) for file in files]


def daemon(text, wanted):
    """The group [Daemon] of a file of KDE, with no other keys than those that are wanted.

    A link may lead to anything that its owner can read: that is nobody else's business.
    """
    kept, inside = [], False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line.startswith("[Daemon]")
            kept += [re.match(r"(\[[\w$]*\])+", line)[0]] if inside else []
        elif inside and line.partition("=")[0].strip() in wanted:
            kept.append(line[:LONGEST])
    return "\n".join(kept)
