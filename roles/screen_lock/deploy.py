"""pyinfra: the screen lock room."""

from pathlib import Path

from pyinfra.api import deploy

from socle.apply import (
    command_on_change,
    observed,
    packages,
    resolved_host,
    static,
    template,
    unit,
)

PROGRAM = "/usr/local/lib/socle/screen_lock"
FILES = Path(__file__).parent / "files"
RELOAD_LOGIND = "systemctl kill --kill-whom=main --signal=HUP systemd-logind.service"


@deploy("Screen lock")
def screen_lock() -> None:
    """Idle consoles close everywhere; on workstations idle sessions lock."""
    settings, seen = resolved_host().settings, observed().rooms.get("screen_lock", ())
    template("/etc/profile.d/socle-timeout.sh")
    logind = template("/etc/systemd/logind.conf.d/socle.conf")
    drifted = any(line not in seen for line in settings["screen_lock_logind"])
    command_on_change(RELOAD_LOGIND, when=[logind], or_when=drifted)
    if settings["screen_lock_workstation"]:
        lacking = [one for one in settings["screen_lock_packages"] if f"package {one}" in seen]
        packages(present=lacking)
        _desktops(seen)
        _logins(seen)
        _guardian(seen)


def _desktops(seen: tuple[str, ...]) -> None:
    """What every desktop knows by itself, and nobody may change."""
    template("/etc/dconf/profile/user")
    template("/etc/dconf/profile/gdm")
    databases = [
        template("/etc/dconf/db/local.d/00-socle"),
        template("/etc/dconf/db/socle.d/00-socle"),
        template("/etc/dconf/db/socle.d/locks/00-socle"),
        template("/etc/dconf/db/socle-greeter.d/00-socle"),
        template("/etc/dconf/db/socle-greeter.d/locks/00-socle"),
    ]
    stale = any(line.startswith("dconf ") for line in seen)
    command_on_change(_script("compile.sh"), when=databases, or_when=stale, title="dconf compile")
    template("/etc/glib-2.0/settings/defaults")
    template("/etc/glib-2.0/settings/locks")
    template("/etc/xdg/kscreenlockerrc")
    template("/etc/xdg/xfce4/xfconf/xfce-perchannel-xml/xfce4-screensaver.xml")
    pin = template("/etc/systemd/system/user-runtime-dir@.service.d/socle.conf")
    unpinned = any(line.startswith("profile ") for line in seen)
    command_on_change(_script("pin.sh"), when=[], or_when=unpinned, title="pin dconf's profile")
    command_on_change("systemctl daemon-reload", when=[pin], or_when="units old" in seen)


def _logins(seen: tuple[str, ...]) -> None:
    """Nobody is let in by a display manager or a console without a password."""
    template("/etc/lightdm/lightdm.conf.d/zz-socle.conf")
    template("/etc/sddm.conf.d/zz-socle.conf")
    foreign = [line.split(" ", 1)[1] for line in seen if line.startswith("autologin ")]
    mend = f"set -- mend\n{_script('probe.sh')}"
    title = f"no automatic login in {', '.join(foreign)}"
    command_on_change(mend, when=[], or_when=bool(foreign), title=title)


def _guardian(seen: tuple[str, ...]) -> None:
    """Our own clock beside the desktops': seconds, and no inhibitor stops it."""
    changed = [
        template("/etc/socle/screen-lock.json"),
        static(f"{PROGRAM}/guardian.py"),
        static(f"{PROGRAM}/desktop.py"),
        static(f"{PROGRAM}/keyboard.py"),
        static(f"{PROGRAM}/logind.py"),
        static(f"{PROGRAM}/person.py"),
        template("/etc/systemd/system/socle-lock.service"),
    ]
    template("/etc/dbus-1/system.d/socle-lock.conf")  # the bus sees it by itself
    unit("socle-lock.service", reload_when=changed, or_when="guardian old" in seen)
    template("/etc/systemd/system/socle-lock-sleep.service")
    unit("socle-lock-sleep.service", running=False)


def _script(name: str) -> str:
    return (FILES / name).read_text(encoding="utf-8")
