"""What lets somebody in without a password, and what a greeter shows. Pure, as judge.py."""

import re
import tomllib
from pathlib import PurePath

from roles.screen_lock import consoles
from roles.screen_lock.logins import GDM, LIGHTDM, SDDM, arguments
from socle.messages import message

MANAGERS = ("gdm", "gdm3", "lightdm", "sddm", "greetd", "lxdm", "slim", "nodm", "xdm")
"""Display managers whose ways to log somebody in are known here."""
OTHERS = {  # display managers that no practice needs: what an automatic login looks like there
    "/etc/lxdm/lxdm.conf": r"^[^\S\n]*+autologin\s*=\s*\S",
    "/etc/slim.conf": r"^[^\S\n]*+auto_login\s+yes",
    "/etc/default/nodm": r"^[^\S\n]*+NODM_ENABLED\s*=\s*[\"']?(true|yes|1)",
    "/etc/nodm.conf": r"^[^\S\n]*+NODM_ENABLED\s*=\s*[\"']?(true|yes|1)",
}
GREETERS = (
    "agreety", "tuigreet", "gtkgreet", "wlgreet", "regreet", "qtgreet", "ddlm", "nwg-hello",
    "cosmic-greeter"
)  # fmt: skip
SERVICES = re.compile(  # of PAM: what opens a session, or unlocks one
    r"login|remote|sshd|other|gdm3?|gdm-(password|fingerprint|smartcard.*)|lightdm|sddm|lxdm|xdm|"
    r"wdm|greetd|slim|ly|kde(-.+)?|.*(screensaver|lock|locker)|cage"
)
_GROUP = re.compile(r"\buser ingroup (\S+)")


def yes(value):
    """Whether a value switches something on."""
    return value.strip().strip('"').lower() in {"true", "yes", "1", "on"}


def autologin(seen, logins):
    """Whatever opens a session by itself: sessions now, display managers, consoles, services."""
    found = [
        message(
            "session {id} of {user} was opened by {service}",
            id=row["id"],
            user=row["user"],
            service=row["service"],
        )
        for row in seen["sessions"]
        if row["service"].endswith("autologin")
    ]
    found += _gdm(logins) + _lightdm(logins) + _greetd(logins)[0]
    found += [
        message("SDDM: automatic login of {user}", user=one.value)
        for one in logins.settings(*SDDM)
        if one.name == "autologin.user" and one.value
    ]
    found += [
        message("{file}: automatic login", file=path)
        for path, text in logins.files.items()
        if path in OTHERS and re.search(OTHERS[path], text, re.MULTILINE)
    ]
    found += [message("{file}: automatic login", file=path) for path in logins.credentials]
    return found + consoles.open_ones(logins.units)[0]


def unknown_ways(logins):
    """What may let somebody in, and what nobody here can judge."""
    found = list(consoles.open_ones(logins.units)[1]) + _greetd(logins)[1]
    manager = PurePath(logins.manager).name.removesuffix(".service")
    if manager not in (*MANAGERS, "display-manager", ""):
        found.append(message("whom {program} lets in is not known", program=manager))
    words = [one for argv in arguments(logins.started) for one in argv[1:] if one != "-nodaemon"]
    words += re.findall(r"XDG_(?:CONFIG|DATA)_DIRS=\S*", logins.started.get("Environment", ""))
    if words:
        found.append(
            message(
                "what {program} reads with {words} is not known",
                program=manager,
                words=" ".join(words),
            )
        )
    if "lightdm" in manager and logins.lightdm_effective is None:
        found.append(message("lightdm --show-config does not answer"))
    return found


def without_password(people):
    """Accounts without a password, members of the group that is not asked, and PAM's open ways.

    Also what of PAM is not known. Raises ValueError where PAM's files cannot be gone through.
    """
    found = [
        message("{user} has no password", user=account.name) for account in people.without_password
    ]
    if members := sorted(people.groups.get("nopasswdlogin", ())):
        found.append(message("without a password: {users}", users=members))
    unknown = []
    for service in sorted(filter(SERVICES.fullmatch, people.pam.files)):
        groups = people.groups
        known = people.pam.way_in(service, lambda rule, g=groups: not rule.known or _never(rule, g))
        way = known or people.pam.way_in(service, lambda rule, g=groups: _never(rule, g))
        words = {"service": service, "rule": _decides(way).text if way else ""}
        if known:
            said = message("PAM lets in by {service} without a password: {rule}", **words)
            found.append(said)
        elif way:
            said = message("whether PAM lets in by {service} is not known: {rule}", **words)
            unknown.append(said)
    return found, unknown


def greeters(seen, logins, *, user_list):
    """What greeters give away: names of accounts, and a login for the whole network."""
    found = []
    lightdm = logins.settings(*LIGHTDM)
    if not user_list and _lists(lightdm, logins.lightdm_effective):
        found.append(message("LightDM lists the accounts"))
    if seen["xdmcp"]:
        found.append(message("a program answers XDMCP on port 177"))
    remote = {"xdmcp.enable", "xdmcpserver.enabled"}
    if any(one.name in remote and yes(one.value) for one in lightdm + logins.settings(*GDM)):
        found.append(message("XDMCP is switched on"))
    if any(one.name == "vncserver.enabled" and yes(one.value) for one in lightdm):
        found.append(message("LightDM answers VNC"))
    return found


def _gdm(logins):
    values = logins.settings(*GDM)
    users = {one.name: one.value for one in values}
    return [
        message(
            "GDM: automatic login of {user}"
            if kind == "automatic"
            else "GDM: timed login of {user}",
            user=users.get(f"daemon.{kind}login") or message("somebody"),
        )
        for kind in ("automatic", "timed")
        if any(one.name == f"daemon.{kind}loginenable" and yes(one.value) for one in values)
    ]


def _lightdm(logins):
    values = {(one.name, one.value) for one in logins.settings(*LIGHTDM)}
    values |= set((logins.lightdm_effective or {}).items())
    return [
        message("LightDM: {key} = {value}", key=key, value=value)
        for key, value in sorted(values)
        if (key.endswith(".autologin-user") and value)
        or (key.endswith((".autologin-guest", ".allow-guest")) and yes(value))
        or (key.endswith(".pam-service") and value not in {"", "lightdm"})
    ]


def _greetd(logins):
    """Complaints about greetd's first session, and what of its greeter is not known."""
    wrong, strange = [], []
    for path, text in logins.files.items():
        if not path.startswith("/etc/greetd/"):
            continue
        try:
            config = tomllib.loads(text)
            first, greeter = config.get("initial_session"), config.get("default_session", {})
            command, user = str(greeter.get("command", "")), str(greeter.get("user", "greeter"))
        except (ValueError, AttributeError, RecursionError):
            strange.append(message("{file} cannot be read", file=path))
            continue
        if first:
            wrong.append(message("{file}: automatic login", file=path))
        programs = {PurePath(word).name for word in re.split(r"[\s'\"]+", command)}
        if programs & set(GREETERS):
            continue
        if user not in {"greeter", "_greetd", "greetd"}:
            wrong.append(message("{file}: automatic login", file=path))
        elif command:
            strange.append(message("{file}: {words} is no known greeter", file=path, words=command))
    return wrong, strange


def _lists(settings, effective):
    """Whether LightDM shows who has an account; it does so unless it is told not to."""
    key = "seat:*.greeter-hide-users"
    told = any(one.name.endswith(".greeter-hide-users") and not yes(one.value) for one in settings)
    return told or (effective is not None and not yes(effective.get(key, "")))


def _never(rule, groups):
    """Whether nobody meets a rule, as its group has no members."""
    group = _GROUP.search(rule.words) if rule.module == "succeed_if" else None
    return group is not None and not groups.get(group[1])


def _decides(way):
    """The rule to name: one that is not known, else the last."""
    return next((rule for rule in way if not rule.known), way[-1])
