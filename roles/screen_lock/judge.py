"""What an observation (``files/observe.py``) means. Pure: functions give lists of complaints."""

import re
from xml.etree import ElementTree

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
UNREAD = (None, False)  # TMOUT of a login shell that did not end within its limits
X11_CATCH_ALL = "default"  # Debian's lightdm-xsession: whatever ~/.xsession says


def guardian(seen, limit):
    """The service that counts seconds: alive, with the right limit, obeyed."""
    one = seen["guardian"]
    if one.get("ActiveState") != "active":
        return [f"socle-lock.service is {one.get('ActiveState') or 'absent'}"]
    found = []
    if one.get("UnitFileState") != "enabled":
        found.append(f"socle-lock.service is {one.get('UnitFileState') or 'absent'} at boot")
    status = one["status"]
    if status is None or one["age"] > STALE:
        return [*found, "socle-lock.service does not answer"]
    if status["limit"] != limit:
        found.append(f"socle-lock.service waits for {status['limit']:g} s")
    for row in status["sessions"]:
        if row["state"] in {"unseen", "refused"} or row["refusals"] >= FEWEST_REFUSALS:
            why = row.get("why") or f"refused {row['refusals']} times"
            found.append(f"session {row['id']} of {row['user']}: {row['state']}, {why}")
    return found


def open_sessions(seen, limit, desktops):
    """Sessions of these desktops that have been idle for too long and are not locked."""
    return [
        f"session {row['id']} of {row['user']} is open, idle for {row['idle']:.0f} s"
        for row in seen["sessions"]
        if row.get("idle") is not None
        and row["idle"] > limit + GRACE
        and not locked(row)
        and belongs(row, desktops)
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
        f"{name}: {why}"
        for name, one in people.items()
        for part, why in one.get("unread", {}).items()
        if part in parts
    ]


def bypasses(seen):
    """Variables that make programs read other settings than the machine's."""
    found = []
    for name, person in seen["people"].items():
        found += [
            f"{variable}={value} in the login of {name}"
            for variable, value in person.get("login", {}).items()
            if bypass(variable, value)
        ]
        found += [
            f"{word} in {name}'s running {program}"
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
        return [f"{name} is not set for {whose}"]
    value, writable = answer
    if unquoted(value) != unquoted(key["value"]):
        return [f"{name} is {value} for {whose}"]
    return [f"{whose} may change {name}"] if writable else []


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
                found.append(f"xfce4-screensaver {key} is {answers[key][0]} for {name}")
            elif not answers[key][1]:
                found.append(f"{name} may change xfce4-screensaver {key}")
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
            f"kscreenlockerrc {key} is {values.get(key, 'not set')} for {name}"
            for key, value in wanted.items()
            if values.get(key) != value
        ]
        if not immutable:
            found.append(f"{name} may change kscreenlockerrc")
    return found


def beyond_reach(seen, limit, minutes):
    """Sessions that a greeter offers and in which nobody can count seconds."""
    found = []
    for kind, program, command in seen["offered"]:
        desktop = SESSIONS.get(program)
        if kind == "x11" or desktop == "gnome":
            continue
        if desktop == "kde" and limit < minutes * 60:
            found.append(f"Plasma on Wayland locks after {minutes * 60} s, not {limit} s")
        elif desktop == "xfce" and not {"labwc", "wayfire"} & set(seen["programs"]):
            continue  # the greeter shows it, but its compositor is not there
        elif desktop != "kde":
            found.append(f'nobody sees whether the Wayland session "{command}" is idle')
    return found


def other_desktops(seen):
    """Desktops besides GNOME: those installed, and sessions of unknown programs."""
    names = [name for name, there in seen["desktops"].items() if there and name != "gnome"]
    return names + [
        program
        for kind, program, _ in seen["offered"]
        if program not in SESSIONS and (kind == "wayland" or program != X11_CATCH_ALL)
    ]


def timeout(seen, seconds):
    """Login shells that do not close, or whose time may be changed."""
    found = []
    for name, one in {**seen["people"], "root": {**seen["root"], "shell": "bash"}}.items():
        shell, (value, readonly) = one["shell"], one.get("timeout", UNREAD)
        if not shell.endswith("bash"):
            found.append(f"{name}'s shell {shell} does not know TMOUT")
        elif value is None:
            continue  # unread
        elif not value.isdigit() or not 0 < int(value) <= seconds:
            found.append(f"TMOUT is {value or 'not set'} for {name}")
        elif not readonly:
            found.append(f"{name} may change TMOUT")
    return found


def greeter(seen, wanted):
    """The keys of GDM's greeter that are not as wanted; none where there is no GDM."""
    if "keys" not in (seen["greeter"] or {}):
        return []  # no GDM, or unread
    answers = seen["greeter"]["keys"]
    return [said for key in wanted for said in wrong_key("the greeter", answers, key)]


def sleep(seen, answers):
    """What happens to sessions when the lid closes or the machine sleeps."""
    found = [
        f"logind answers {line}"
        for line in seen["logind"]
        if line.startswith("lid ") and line not in answers
    ]
    blocks = {unit["Id"]: unit for unit in seen["sleep"] if "Id" in unit}
    ours = "socle-lock-sleep.service"
    unit = blocks.get(ours, {})
    if unit.get("LoadState") != "loaded" or ours not in blocks["sleep.target"]["Wants"].split():
        found.append(f"nothing locks before sleep: {ours} is {unit.get('LoadState', 'absent')}, "
                     f"{unit.get('UnitFileState') or 'not enabled'}")  # fmt: skip
    if unit.get("Result", "success") != "success":
        found.append("at the last sleep, some session stayed open")
    return found
