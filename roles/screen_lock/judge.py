"""What an observation (``files/observe.py``) means. Pure: functions give lists of complaints."""

import re
from pathlib import PurePath
from xml.etree import ElementTree

from socle.messages import message

ABSENT = message("absent")
GRACE = 5  # seconds a desktop may take to lock when its time is over
STALE = 60  # seconds after which the guardian no longer answers
FEWEST_REFUSALS = 3  # a desktop that is still starting may refuse once
SESSIONS = {  # programs of the sessions that a greeter offers -> desktop
    "gnome-session": "gnome",
    "gnome-session-classic": "gnome",
    "startplasma-x11": "kde",
    "startplasma-wayland": "kde",
    "startxfce4": "xfce",
    "xfce4-session": "xfce",
    "cinnamon-session": "cinnamon",
    "cinnamon-session-cinnamon": "cinnamon",
    "cinnamon-session-cinnamon2d": "cinnamon",
    "mate-session": "mate",
}
LOCK_SLEEP = "socle-lock-sleep.service"
GUARDIAN = "/usr/bin/python3 -EsB /usr/local/lib/socle/screen_lock/guardian.py"
LOCKS = f"{GUARDIAN} --now"
LID_UNITS = {
    "suspend": ("suspend.target", "systemd-suspend.service"),
    "hibernate": ("hibernate.target", "systemd-hibernate.service"),
    "poweroff": ("poweroff.target",),
}
LID_ALLOWED = {"suspend": "AllowSuspend", "hibernate": "AllowHibernation"}
GREETERS = ("gdm-launch-environment", "lightdm-greeter", "sddm-greeter", "greetd-greeter", "greetd")
DOCKED = (  # how gsd-power says that a laptop works with another screen
    "Multiple displays attached",
    "External monitor attached or configuration changed recently",
)
WRAPPERS = ("env", "dbus-run-session", "dbus-launch")
X11_CATCH_ALL = "default"  # Debian's lightdm-xsession: whatever ~/.xsession says


def guardian(seen, limit):
    """The service that counts seconds: alive, with the right limit, obeyed."""
    one = seen["guardian"]
    if one.get("ActiveState") != "active":
        state = one.get("ActiveState") or ABSENT
        return [message("socle-lock.service is {state}", state=state)]
    found = []
    if one.get("UnitFileState") != "enabled":
        state = one.get("UnitFileState") or ABSENT
        found.append(message("socle-lock.service is {state} at boot", state=state))
    if f"argv[]={GUARDIAN} ;" not in one.get("ExecStart", ""):
        found.append(message("socle-lock.service starts {words}", words=started(one)))
    status = one["status"]
    if status is None or one["age"] > STALE:
        return [*found, message("socle-lock.service does not answer")]
    if status["limit"] != limit:
        found.append(message("socle-lock.service waits for {n} s", n=f"{status['limit']:g}"))
    for row in status["sessions"]:
        if row["state"] in {"unseen", "refused"} or row["refusals"] >= FEWEST_REFUSALS:
            refused = message("refused {n} times", n=row["refusals"])
            found.append(
                message(
                    "session {id} of {user}: {state}, {why}",
                    id=row["id"],
                    user=row["user"],
                    state=row["state"],
                    why=row.get("why") or refused,
                )
            )
    return found


def open_sessions(seen, limit, desktops):
    """Sessions of these desktops that have been idle for too long and are not locked."""
    return [
        message(
            "session {id} of {user} is open, idle for {n} s",
            id=row["id"],
            user=row["user"],
            n=round(row["idle"]),
        )
        for row in seen["sessions"]
        if row.get("idle") is not None
        and row["idle"] > limit + GRACE
        and not locked(row)
        and belongs(row, desktops)
    ]


def unwatched(seen):
    """Sessions with a screen whose accounts have another number than people, but no greeter's."""
    return [
        message("session {id} of {user} is watched by nobody", id=row["id"], user=row["user"])
        for row in seen["sessions"]
        if row["type"] in {"x11", "wayland", "mir"}
        and "idle" not in row
        and row["user"] not in seen["people"]
        and row["service"] not in GREETERS
    ]


def locked(row):
    """Whether a session is locked, as far as its own desktop says."""
    return row["locker"] or (any(row["savers"]) if row["savers"] else row["hint"] == "yes")


def belongs(row, desktops):
    """Whether a session is one of these desktops'; one without a name belongs to all."""
    name = row["desktop"].lower()
    return not name or any(desktop in name for desktop in desktops)


def unread(people, *parts):
    """What people's programs did not answer within their limits."""
    return [
        message("{person}: {why}", person=name, why=why)
        for name, one in people.items()
        for part, why in one.get("unread", {}).items()
        if part in parts
    ]


def bypasses(seen):
    """Variables that make programs read other settings than the machine's."""
    found = []
    for name, person in seen["people"].items():
        found += [
            message(
                "{variable} in the login of {person}", variable=f"{variable}={value}", person=name
            )
            for variable, value in person.get("login", {}).items()
            if bypass(variable, value)
        ]
        found += [
            message(
                "{variable} in {person}'s running {program}",
                variable=word,
                person=name,
                program=program,
            )
            for word, program in person.get("running", {}).items()
            if bypass(*word.split("=", 1))
        ]
    return found


def bypass(variable, value):
    """Whether the variable leads away from the machine's own settings."""
    if variable == "XDG_CONFIG_DIRS":
        return value != "" and "/etc/xdg" not in value.split(":")
    if variable == "GSETTINGS_BACKEND":
        return value not in {"", "dconf"}
    return value not in {"", "user"}


def keys(seen, wanted):
    """GSettings keys that are not as wanted for somebody, or that somebody may change."""
    found = []
    for name, person in seen["people"].items():
        if "keys" in person:
            for key in wanted:
                found += wrong_key(name, person["keys"], key)
    return found


def wrong_key(whose, answers, key):
    """The complaints about one key."""
    name = f"{key['schema']} {key['key']}"
    answer = (answers or {}).get(name)
    if answer is None:
        return [message("{key} is not set for {person}", key=name, person=whose)]
    value, writable = answer
    if unquoted(value) != unquoted(key["value"]):
        return [message("{key} is {value} for {person}", key=name, value=value, person=whose)]
    return [message("{person} may change {key}", person=whose, key=name)] if writable else []


def unquoted(value):
    """A GVariant text without its quotes: ``'a'`` and ``"a"`` are the same."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if quoted else value


def xfconf(text):
    """The properties of an xfconf file: ``{"/lock/enabled": True}``."""
    found = {}

    def descend(node, path):
        for child in node.findall("property"):
            name = f"{path}/{child.get('name')}"
            kind, value = child.get("type"), child.get("value")
            if kind == "bool":
                found[name] = value == "true"
            elif kind == "int":
                found[name] = int(value)
            descend(child, name)

    descend(ElementTree.fromstring(text.encode()), "")  # noqa: S314
    return found


def xfce(seen, wanted):
    """xfce4-screensaver's own settings, for everybody."""
    found = []
    for name, person in seen["people"].items():
        answers = person.get("xfce")
        if answers is None:
            continue  # unread
        for key, value in wanted.items():
            if answers[key][0] != value:
                found.append(
                    message(
                        "xfce4-screensaver {key} is {value} for {person}",
                        key=key,
                        value=str(answers[key][0]),
                        person=name,
                    )
                )
            elif not answers[key][1]:
                found.append(
                    message("{person} may change xfce4-screensaver {key}", person=name, key=key)
                )
    return found


def kde(texts):
    """Plasma's effective [Daemon] of kscreenlockerrc out of files, the strongest first."""
    values, locked_groups = {}, False
    for text in reversed(texts):
        if locked_groups:
            break
        for name, immutable, body in _groups(text):
            if name == "Daemon":
                values.update(body)
                locked_groups = locked_groups or immutable
    return values, locked_groups


def _groups(text):
    name, immutable, body = "", False, {}
    for line in [*map(str.strip, text.splitlines()), "[]"]:
        if line.startswith("["):
            yield name, immutable, body
            closed = line[: line.rfind("]") + 1]  # behind it, each "[" would look for its end
            words = re.findall(r"\[([^\]]*)\]", closed)
            name, immutable, body = words[0] if words else "", "$i" in words, {}
        elif "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            body[key.strip()] = value.strip()


def plasma(seen, template):
    """Plasma's locker, for everybody."""
    wanted, _ = kde([template])
    found = []
    for name, person in seen["people"].items():
        if "kde" not in person:
            continue  # unread
        values, immutable = kde(person["kde"])
        found += [
            message(
                "kscreenlockerrc {key} is {value} for {person}",
                key=key,
                value=values.get(key, message("not set")),
                person=name,
            )
            for key, value in wanted.items()
            if values.get(key) != value
        ]
        if not immutable:
            found.append(message("{person} may change kscreenlockerrc", person=name))
    return found


def beyond_reach(seen, limit, minutes):
    """Sessions that a greeter offers and in which nobody can count seconds."""
    found = []
    for kind, program, command in offered(seen):
        desktop = SESSIONS.get(program)
        if kind == "x11" or desktop == "gnome":
            continue
        if desktop == "kde" and limit < minutes * 60:
            found.append(
                message(
                    "Plasma on Wayland locks after {n} s, not {limit} s",
                    n=minutes * 60,
                    limit=limit,
                )
            )
        elif desktop == "xfce" and not {"labwc", "wayfire"} & set(seen["programs"]):
            continue  # the greeter shows it, but its compositor is not there
        elif desktop != "kde":
            found.append(
                message(
                    'nobody sees whether the Wayland session "{command}" is idle', command=command
                )
            )
    return found


def other_desktops(seen):
    """Desktops besides GNOME: those installed, and sessions of unknown programs."""
    names = [name for name, there in seen["desktops"].items() if there and name != "gnome"]
    return names + [
        program
        for kind, program, _ in offered(seen)
        if program not in SESSIONS and (kind == "wayland" or program != X11_CATCH_ALL)
    ]


def offered(seen):
    """The sessions that a greeter offers: kind, program, command; the program behind ``env``."""
    for kind, _, command in seen["offered"]:
        words = command.split()
        while len(words) > 1 and (
            PurePath(words[0]).name in WRAPPERS or "=" in words[0] or words[0].startswith("-")
        ):
            words = words[2 if words[0] == "-u" else 1 :]
        yield kind, PurePath(words[0] if words else "").name, command


def timeout(shells, seconds):
    """Shells that do not close, or whose time may be changed.

    The shell of a terminal window has its time from the login: there only the time is judged.
    """
    found = []
    for name, one in shells.items():
        shell = one["shell"]
        if not shell.endswith("bash"):
            found.append(
                message("{person}'s shell {shell} does not know TMOUT", person=name, shell=shell)
            )
            continue
        for kind in ("login", "window"):
            if one.get(kind) and (kind, name) != ("window", "root"):
                found += wrong_shell(name, kind, *one[kind], seconds)
    return found


def wrong_shell(whose, kind, value, attributes, seconds):
    """The complaints about one shell."""
    where = (
        message("the login shell of {person}", person=whose)
        if kind == "login"
        else message("a terminal window of {person}", person=whose)
    )
    if not attributes.startswith("bash"):
        return [message("{shell} becomes another program, which does not know TMOUT", shell=where)]
    if not (value.isascii() and value.isdigit() and 0 < int(value[:9]) <= seconds):
        return [
            message("TMOUT is {value} in {shell}", value=value or message("not set"), shell=where)
        ]
    if kind == "login" and "r" not in attributes.removeprefix("bash"):
        return [message("{person} may change TMOUT", person=whose)]
    return []


def silent_shells(shells):
    """Shells that gave no answer at the prompt: they became a program that knows no question."""
    return [
        message("{person}: a shell did not answer at its prompt", person=name)
        for name, one in shells.items()
        if "unread" not in one or not one["unread"]
        if one["shell"].endswith("bash") and not (one.get("login") and one.get("window"))
    ]


def greeter(seen, wanted):
    """The keys of GDM's greeter that are not as wanted; none where there is no GDM."""
    if "keys" not in (seen["greeter"] or {}):
        return []  # no GDM, or unread
    answers = seen["greeter"]["keys"]
    return [said for key in wanted for said in wrong_key(message("the greeter"), answers, key)]


def sleep(seen, answers):
    """What happens to sessions when the lid closes or the machine sleeps."""
    found = [
        message("logind answers {line}", line=line)
        for line in seen["logind"]
        if line.startswith("lid ") and line not in answers
    ]
    blocks = {unit["Id"]: unit for unit in seen["sleep"] if "Id" in unit}
    unit = blocks.get(LOCK_SLEEP, {})
    wanted = blocks.get("sleep.target", {}).get("Wants", "").split()
    if unit.get("LoadState") != "loaded" or LOCK_SLEEP not in wanted:
        found.append(
            message(
                "nothing locks before sleep: {unit} is {state}, {boot}",
                unit=LOCK_SLEEP,
                state=unit.get("LoadState", ABSENT),
                boot=unit.get("UnitFileState") or message("not enabled"),
            )
        )
    elif f"argv[]={LOCKS} ;" not in unit.get("ExecStart", ""):
        found.append(
            message(
                "nothing locks before sleep: {unit} starts {words}",
                unit=LOCK_SLEEP,
                words=started(unit),
            )
        )
    if unit.get("Result", "success") != "success":
        found.append(message("at the last sleep, some session stayed open"))
    return found


def started(unit):
    """What a unit starts first."""
    found = re.search(r"argv\[\]=(.*?) ;", unit.get("ExecStart", ""))
    return found[1] if found else ABSENT


def lid(logins, action):
    """What closing the lid leads to, and cannot be done: then nothing happens, nor locks."""
    states = logins.targets
    found = [
        message("closing the lid does nothing: {unit} is masked", unit=unit)
        for unit in LID_UNITS.get(action, ())
        if states.get(unit) == "masked"
    ]
    name = LID_ALLOWED.get(action, "")
    if states.get(name, "yes").lower() in {"no", "false", "0", "off", "n", "f"}:
        found.append(message("closing the lid does nothing: sleep.conf says {name}=no", name=name))
    return found


def conditions(said):
    """What may keep the unit from locking before sleep, though it starts the right program."""
    return [
        message("{unit} locks only if {conditions}", unit=LOCK_SLEEP, conditions=one)
        for one in said
        if not re.fullmatch(r"a\(\w+\) 0|", one)
    ]


def lid_held(inhibitors):
    """Programs that keep the lid from locking. GNOME does so while another screen is plugged in."""
    return [
        message("closing the lid does nothing: {who} holds it ({why})", who=who, why=why)
        for who, why in inhibitors
        if why not in DOCKED
    ]


def sessions_seen(seen, desktops=()):
    """What was seen of open sessions: a pass without any says so."""
    rows = [row for row in seen["sessions"] if "idle" in row and belongs(row, desktops)]
    if not rows:
        return [message("no session was open")]
    return [
        message(
            "session {id} of {user} was {state}",
            id=row["id"],
            user=row["user"],
            state=message("locked" if locked(row) else "in use"),
        )
        for row in rows
    ]
