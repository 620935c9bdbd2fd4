"""Settings of the updates room: when machines update themselves, from where, and how late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from socle.baseline.model import Host, Practice
from socle.baseline.settings import (
    BadSetting,
    BadSettings,
    RoomSettings,
    keyed,
    matching,
    neutral,
    stricter,
)
from socle.baseline.types import Kebab
from socle.baseline.windows import Window, on_calendar

LONGEST_IDLE = 14 * 60
"""Minutes: a window longer than a night reaches into somebody's consultations."""
_TERM = r"(origin|label|suite|archive|codename|site|component)=[^=,\"]+"


def _idle(window: Window) -> Window:
    if window.minutes > LONGEST_IDLE:
        raise ValueError("a window of at most 14 hours")
    return window


Pattern = Annotated[
    str,
    matching(
        f"{_TERM}(,{_TERM})*",
        'fields of the repository\'s Release file, such as "origin=Example,suite=stable"',
    ),
]
Package = Annotated[str, matching(r"[a-z0-9][a-z0-9+.-]+", "the name of a Debian package")]
Word = Annotated[str, Field(min_length=1)]


class _Declared(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )


class ThirdParty(_Declared):
    """A repository of somebody else than the distribution, with its key and its purpose."""

    name: Kebab
    """Stable name; layers merge repositories by it."""
    origins: Annotated[list[Pattern], Field(min_length=1)]
    """What it says of itself in its Release file, as unattended-upgrades' Origins-Pattern."""
    signed_by: Annotated[
        str,
        matching(
            r"/(etc/apt/keyrings|usr/share/keyrings|var/lib/extrepo/keys)/[A-Za-z0-9._-]+"
            r"|[0-9A-F]{40}!?",
            "a file below /etc/apt/keyrings, /usr/share/keyrings or /var/lib/extrepo/keys, or a "
            "fingerprint of 40 digits",
        ),
    ]
    """The Signed-By of its source: a key ring of its own, or the fingerprint of the key, also of
    one that stands in the source itself."""
    hosts: Annotated[list[Word], Field(min_length=1)] = ["all"]
    """Hosts or groups that use it."""
    purpose: Annotated[str, Field(min_length=3)]
    """What it is for, in words the doctor understands."""
    asked_by: str | None = None
    """Who asked for it."""


class LocalPackage(_Declared):
    """A package that was installed from a file: nobody updates it by himself."""

    name: Package
    """The package; layers merge by it."""
    purpose: Annotated[str, Field(min_length=3)]
    """What it is for, and who brings its updates."""
    asked_by: str | None = None
    """Who asked for it."""


class Updates(RoomSettings):
    """When machines update and restart, from which repositories, and how late they may be."""

    windows: Annotated[
        list[Annotated[Window, AfterValidator(_idle)]], Field(min_length=1), neutral()
    ] = [Window(days="daily", start="20:30", end="06:30")]
    """Idle windows, in the practice's time: updates are planned, machines restart, only there."""

    spread_minutes: Annotated[int, Field(ge=1, le=240), neutral()] = 20
    """Minutes over which the machines' starts are spread, each always at its own."""

    distribution_origins: Annotated[list[Pattern], Field(min_length=1), stricter("subset")] = [
        "origin=Debian,codename=${distro_codename},label=Debian",
        "origin=Debian,codename=${distro_codename}-updates,label=Debian",
        "origin=Debian,codename=${distro_codename},label=Debian-Security",
        "origin=Debian,codename=${distro_codename}-security,label=Debian-Security",
    ]
    """The distribution's own archives that updates come from, as Origins-Pattern."""

    third_parties: Annotated[list[ThirdParty], keyed("name")] = []
    """Other repositories that updates may come from; any other one fails the check."""

    local_packages: Annotated[list[LocalPackage], keyed("name")] = []
    """Packages that belong to no repository and are accepted all the same."""

    held_packages: Annotated[list[Package], stricter("subset")] = []
    """Packages that may be kept from updating; a waiver says why and until when."""

    max_age_days: Annotated[int, Field(ge=1, le=7), stricter("lower")] = 3
    """Days since the package lists were fetched and since the last successful run, at most."""

    security_days: Annotated[int, Field(ge=1, le=30), stricter("lower")] = 7
    """Days that a security update may be pending (ANSSI: a month at most)."""

    pending_days: Annotated[int, Field(ge=1, le=31), stricter("lower")] = 30
    """Days that any update from a declared repository may be pending."""

    automatic_restart: Annotated[bool, stricter("true")] = True
    """Whether a machine that needs a restart restarts by itself, in a window, with nobody on it."""

    restart_days: Annotated[int, Field(ge=1, le=30), stricter("lower")] = 7
    """Days that a restart may be pending."""

    support_margin_days: Annotated[int, Field(ge=30, le=730), stricter("higher")] = 180
    """Days of support that the system's release must still have."""

    @classmethod
    def keeps(cls, settings: Mapping[str, Any]) -> Iterable[str]:
        """The restarts, and where updates come from; these cannot be switched off as a whole."""
        for origin in settings["updates_origins"]:
            yield f"updates from {origin}"
        if settings["updates_automatic_restart"]:
            yield "restarts in the idle windows (socle-reboot.timer)"

    def derive(self, host: Host, practice: Practice) -> dict[str, Any]:
        """Packages to install; for templates: calendar lines, windows as words, own patterns.

        Raises:
            BadSettings: a repository for hosts or groups that do not exist.
        """
        known = {*practice.groups, *practice.hosts}
        unknown = [
            BadSetting(("third_parties", one.name, "hosts", at), "a host or a group", word)
            for one in self.third_parties
            for at, word in enumerate(one.hosts)
            if word not in known
        ]
        if unknown:
            raise BadSettings(unknown)
        mine = [
            one.model_dump()
            for one in self.third_parties
            if any(word == host.name or word in host.groups for word in one.hosts)
        ]
        return {
            "packages": ["unattended-upgrades", "needrestart", "powermgmt-base", "tzdata"],
            "time_zone": practice.time_zone,
            "calendar": [
                f"{line} {practice.time_zone}"
                for line in on_calendar(self.windows, host.name, self.spread_minutes)
            ],
            "restart_windows": [f"{w.days}/{w.start}-{w.end}" for w in self.windows],
            "repositories": mine,
            "origins": [*self.distribution_origins, *(o for r in mine for o in r["origins"])],
        }
