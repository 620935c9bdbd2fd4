"""What display managers and consoles let in and show, out of an observation. Pure, as judge.py."""

import configparser
import re

from socle.messages import message

_MANY_BLANKS = re.compile(r"[^\S\n]{100,}+")
OTHERS = {  # display managers that no practice needs: what an automatic login looks like there
    "/etc/greetd/config.toml": r"^[^\S\n]*+\[initial_session\]",
    "/etc/lxdm/lxdm.conf": r"^[^\S\n]*+autologin\s*=\s*\S",
    "/etc/slim.conf": r"^[^\S\n]*+auto_login\s+yes",
    "/etc/default/nodm": r"^[^\S\n]*+NODM_ENABLED\s*=\s*[\"']?(true|yes|1)",
    "/etc/nodm.conf": r"^[^\S\n]*+NODM_ENABLED\s*=\s*[\"']?(true|yes|1)",
}


def cascade(seen, *folders):
    """INI values out of the login files below ``folders``, the later file winning."""
    values = {}
    for path, text in seen["login_files"].items():
        if path.startswith(folders):
            values.update(ini(text))
    return values


def ini(text):
    """``{"section.key": value}``, lower case but for the values; the last one wins, as in GLib."""
    parser = configparser.RawConfigParser(strict=False, delimiters="=", interpolation=None)
    try:
        parser.read_string(_MANY_BLANKS.sub(" ", text))  # it would try each of them as an end
    except configparser.Error:
        return {}
    return {
        f"{section}.{key}".lower(): value.strip().strip('"')
        for section in parser.sections()
        for key, value in parser.items(section)
    }


def yes(value):
    """Whether an INI value switches something on."""
    return value.strip().lower() in {"true", "yes", "1", "on"}


def autologin(seen):
    """Whatever opens a session without a password: sessions now, display managers, consoles."""
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
    gdm = cascade(seen, "/etc/gdm")
    found += [
        message(
            "GDM: automatic login of {user}"
            if kind == "automatic"
            else "GDM: timed login of {user}",
            user=gdm.get(f"daemon.{kind}login", message("somebody")),
        )
        for kind in ("automatic", "timed")
        if yes(gdm.get(f"daemon.{kind}loginenable", ""))
    ]
    lightdm = cascade(seen, "/usr/share/lightdm", "/etc/lightdm")
    found += [
        message("LightDM: {key} = {value}", key=key, value=value)
        for key, value in lightdm.items()
        if (key.endswith(".autologin-user") and value)
        or (key.endswith((".autologin-guest", ".allow-guest")) and yes(value))
    ]
    sddm = cascade(seen, "/usr/lib/sddm", "/etc/sddm")
    if sddm.get("autologin.user"):
        found.append(message("SDDM: automatic login of {user}", user=sddm["autologin.user"]))
    found += [
        message("{file}: automatic login", file=path)
        for path, text in seen["login_files"].items()
        if path in OTHERS and re.search(OTHERS[path], text, re.MULTILINE)
    ]
    found += [
        message("{unit}: {user} logs in by itself", unit=unit["Id"], user=option[1])
        for unit in seen["gettys"]
        if (option := re.search(r"\s(?:-a|--autologin)[= ](\S+)", unit.get("ExecStart", "")))
    ]
    members = seen["groups"].get("nopasswdlogin")
    return found + ([message("without a password: {users}", users=members)] if members else [])


def greeters(seen, *, user_list):
    """What greeters give away: names of accounts, and a login for the whole network."""
    found = []
    lightdm = cascade(seen, "/usr/share/lightdm", "/etc/lightdm")
    if not user_list:
        shown = [k for k, v in lightdm.items() if k.endswith("greeter-hide-users") and not yes(v)]
        found += [message("LightDM lists the accounts") for _ in shown]
    if seen["xdmcp"]:
        found.append(message("a program answers XDMCP on port 177"))
    gdm = cascade(seen, "/etc/gdm")
    if yes(gdm.get("xdmcp.enable", "")) or yes(lightdm.get("xdmcpserver.enabled", "")):
        found.append(message("XDMCP is switched on"))
    return found
