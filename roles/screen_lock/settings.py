"""Settings of the screen_lock room: how long a screen may stay open, and what it may show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from socle.baseline.model import Host, Practice
from socle.baseline.settings import RoomSettings, matching, neutral, stricter

REFERENCES = (
    (30, "URPS Occitanie 2024 (30 s)"),
    (600, "ANSSI-BP-028 R32 (600 s)"),
    (900, "CIS Debian (900 s)"),
    (1800, "PGSSI-S 4.5.2.3 (1800 s)"),
)
"""The longest idle time that each reference accepts, in seconds (shared controls, section 4.4)."""

HUMAN_UIDS = (1000, 59999)
"""Debian's range for people (login.defs): what lies beyond belongs to services."""


PACKAGES = ("dconf-cli", "libglib2.0-bin", "xprintidle", "i3lock")
"""What desktops may need besides themselves; probe.sh says which of it a machine lacks."""

INFINITY = 2**64 - 1
"""How systemd writes "never" on D-Bus, in microseconds."""


class ScreenLock(RoomSettings):
    """Idle sessions lock, consoles close, nobody is let in without a password."""

    idle_seconds: Annotated[int, Field(ge=10, le=900), stricter("lower")] = 30
    """Seconds without keyboard or mouse before a graphical session locks."""

    shell_seconds: Annotated[int, Field(ge=60, le=1800), stricter("lower")] = 600
    """Seconds without a keystroke before a shell closes; servers end idle logins, too."""

    lid_switch: Annotated[Literal["lock", "suspend", "hibernate", "poweroff"], neutral()] = (
        "suspend"
    )
    """What closing a laptop's lid does. All of them lock: the session is locked before sleep."""

    notifications: Annotated[bool, stricter("false")] = False
    """Whether the lock screen shows what messages say."""

    user_list: Annotated[bool, stricter("false")] = False
    """Whether the greeter lists the accounts of the machine."""

    banner: Annotated[
        str,
        Field(min_length=10, max_length=300),
        matching(r'[^"\\\n\r\t<>&]+', 'one line without ", \\, <, > and &'),
        neutral(),
    ] = "Accès réservé aux personnes habilitées. Les connexions sont enregistrées dans un journal."
    """What the greeter says before anybody logs in: people are told that logins are recorded."""

    @classmethod
    def keeps(cls, settings: Mapping[str, Any]) -> Iterable[str]:
        """The clock beside the desktops'."""
        if settings["screen_lock_workstation"]:
            yield "idle sessions lock (socle-lock.service)"

    def derive(self, host: Host, practice: Practice) -> dict[str, Any]:  # noqa: ARG002
        """What follows from the settings.

        Returns:
            ``workstation``: whether people sit at this machine; ``minutes``: the idle time for
            desktops that count whole minutes; ``uids``: the range of human accounts;
            ``lid``: what closing the lid does on this machine; ``logind``: what logind answers,
            as probe.sh prints it;
            ``packages``: to install where a desktop needs one and its program is missing;
            ``satisfies``: the references that the idle time satisfies;
            ``keys`` and ``greeter_keys``: dconf keys with their values, which nobody may change.
        """
        workstation = "workstations" in host.groups
        lid = self.lid_switch if workstation else "lock"
        idle = INFINITY if workstation else self.shell_seconds * 1_000_000
        return {
            "workstation": workstation,
            "packages": list(PACKAGES) if workstation else [],
            "lid": lid,
            "logind": [f'lid s "{lid}"s "{lid}"s "lock"', f"idle t {idle}"],
            "minutes": math.ceil(self.idle_seconds / 60),
            "uids": list(HUMAN_UIDS),
            "satisfies": [name for most, name in REFERENCES if self.idle_seconds <= most],
            "keys": list(self._keys()),
            "greeter_keys": list(self._greeter_keys()),
        }

    def _keys(self) -> Iterator[dict[str, str]]:
        """The keys of every desktop that keeps its settings in dconf.

        GNOME's fade of 10 s comes on top of its idle time wherever animations run.
        """
        seconds, minutes = self.idle_seconds, math.ceil(self.idle_seconds / 60)
        yield _key("gnome", "desktop.session", "idle-delay", f"uint32 {seconds}")
        yield _key("gnome", "desktop.screensaver", "lock-enabled", "true")
        yield _key("gnome", "desktop.screensaver", "lock-delay", "uint32 0")
        yield _key("gnome", "desktop.screensaver", "idle-activation-enabled", "true")
        yield _key("gnome", "desktop.lockdown", "disable-lock-screen", "false")
        yield _key("gnome", "desktop.interface", "enable-animations", "false")
        yield _key("gnome", "desktop.screensaver", "ubuntu-lock-on-suspend", "true")
        yield _key(
            "gnome", "desktop.notifications", "show-in-lock-screen", _word(self.notifications)
        )
        yield _key("cinnamon", "desktop.session", "idle-delay", f"uint32 {seconds}")
        yield _key("cinnamon", "desktop.screensaver", "lock-enabled", "true")
        yield _key("cinnamon", "desktop.screensaver", "lock-delay", "uint32 0")
        yield _key("cinnamon", "desktop.screensaver", "idle-activation-enabled", "true")
        yield _key("cinnamon", "desktop.lockdown", "disable-lock-screen", "false")
        yield _key("mate", "session", "idle-delay", str(minutes), path="org/mate/desktop/session")
        yield _key("mate", "screensaver", "lock-enabled", "true")
        yield _key("mate", "screensaver", "lock-delay", "0")
        yield _key("mate", "screensaver", "idle-activation-enabled", "true")
        lockdown = "org/mate/desktop/lockdown"
        yield _key("mate", "lockdown", "disable-lock-screen", "false", path=lockdown)

    def _greeter_keys(self) -> Iterator[dict[str, str]]:
        yield _key("gnome", "login-screen", "disable-user-list", _word(not self.user_list))
        yield _key("gnome", "login-screen", "banner-message-enable", "true")
        yield _key("gnome", "login-screen", "banner-message-text", f'"{self.banner}"')


def _key(desktop: str, schema: str, key: str, value: str, *, path: str = "") -> dict[str, str]:
    schema = f"org.{desktop}.{schema}"
    path = path or schema.replace(".", "/")
    return {"desktop": desktop, "schema": schema, "path": path, "key": key, "value": value}


def _word(value: bool) -> str:
    return "true" if value else "false"
