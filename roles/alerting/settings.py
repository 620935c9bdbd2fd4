"""Settings of the alerting room: whether machines verify themselves, and whom they tell."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from socle.baseline.flows import Need, literals
from socle.baseline.model import Host, Practice
from socle.baseline.settings import (
    RoomSettings,
    matching,
    neutral,
    secret,
    stricter,
)
from socle.baseline.types import HostKey, Path, Port
from socle.baseline.watching import Watch
from socle.baseline.windows import Window, on_calendar

CONTROL = "alerting"
"""It judges the watch."""
SPREAD_MINUTES = 45
"""Machines begin that far apart at most: a relay and a server take them all."""

Server = Annotated[str, matching(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*", "a server's name or address")]
Account = Annotated[str, matching(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]*", "an account's name")]
Address = Annotated[
    str, matching(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+", "an address such as it@provider.example")
]
Line = Annotated[str, matching(r"[^\x00-\x1f]*", "one line of text")]
GivenPassword = Annotated[str, matching(r"[ -~]{1,200}", "a password of one line")]


class _Declared(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )


class Mail(_Declared):
    """The relay that takes warnings, and who reads them."""

    relay: Server
    """Its name, as its certificate has it."""
    port: Port = 587
    """587 with starttls, 465 with tls; a declared outbound flow has to let it pass."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """"none" only for a relay on the machine itself."""
    sender: Address
    """Who they come from."""
    recipients: Annotated[list[Address], Field(min_length=1)]
    """Who reads them."""
    user: Account | None = None
    """The account at the relay; its password is alerting_mail_password."""


class Drop(_Declared):
    """A place that the practice chose for signed bundles."""

    kind: Literal["folder", "sftp"]
    """folder: on the machine, perhaps of a mounted share; sftp: an account elsewhere."""
    folder: Path
    """The folder; it has to be there."""
    mount: Path | None = None
    """Where that folder's disk or share is mounted: nothing is written while it is not."""
    server: Server | None = None
    """The server of an account over SFTP."""
    port: Port = 22
    """Its port."""
    user: Account = "socle-evidence"
    """The account there."""
    host_key: HostKey | None = None
    """The server's host key."""

    @model_validator(mode="after")
    def _complete(self) -> Drop:
        for key in ("server", "host_key"):
            if self.kind == "sftp" and getattr(self, key) is None:
                raise ValueError(f"the key {key}, which a place of kind sftp has")
        return self


class Alerting(RoomSettings):
    """Machines that verify themselves every day, warn, and hand over signed evidence."""

    concluded: ClassVar[tuple[str, ...]] = ("declaration", "python")

    enabled: Annotated[bool, stricter("true")] = False
    """Whether the machine verifies itself every day; without it, the operator alone looks."""

    windows: Annotated[list[Window], Field(min_length=1), neutral()] = [
        Window(start="12:15", end="13:45")
    ]
    """When it looks: machines are on and nobody is consulting. One that was off catches up."""

    evidence_hours: Annotated[int, Field(ge=24, le=168), stricter("lower")] = 48
    """Age of the last report, in hours, from which silence is a failure."""

    keep_bundles: Annotated[int, Field(ge=2, le=366), neutral()] = 14
    """Bundles that stay on the machine."""

    acknowledge_days: Annotated[int, Field(ge=1, le=90), stricter("lower")] = 30
    """Days for which somebody may know of a broken promise without mending it."""

    disk_percent: Annotated[int, Field(ge=50, le=98), stricter("lower")] = 85
    """How full a file system may be."""

    contact: Annotated[Line, neutral()] = ""
    """Whom a warning tells people to call: the provider's name and telephone number."""

    mail: Annotated[Mail | None, neutral()] = None
    """The mail relay, and who is warned by mail; without it, desktops alone warn."""

    mail_password: Annotated[GivenPassword | None, secret(), neutral()] = None
    """The password of the account at the relay."""

    drop: Annotated[Drop | None, neutral()] = None
    """Where signed bundles go."""

    @classmethod
    def keeps(cls, settings: Mapping[str, Any]) -> Iterable[str]:
        """The daily look, and whom and where it tells."""
        if not settings["alerting_enabled"]:
            return
        mail, drop = settings["alerting_mail"] or {}, settings["alerting_drop"] or {}
        yield "daily look at itself (socle-watch.timer)"
        for recipient in mail.get("recipients", ()):
            yield f"warnings by mail to {recipient}"
            yield f"warnings by mail to {recipient}: by {mail['relay']} port {mail['port']}"
        if drop:
            yield f"evidence handed over to {drop['server'] or ''}{drop['folder']}"

    @classmethod
    def watches(cls, settings: Mapping[str, Any]) -> Watch | None:
        """The daily look, whom it warns, and where its evidence goes."""
        if not settings["alerting_enabled"]:
            return None
        return Watch(
            control=CONTROL,
            contact=settings["alerting_contact"],
            mail=settings["alerting_mail"],
            drop=settings["alerting_drop"],
            keep_bundles=settings["alerting_keep_bundles"],
            acknowledge_days=settings["alerting_acknowledge_days"],
        )

    def derive(self, host: Host, practice: Practice) -> dict[str, Any]:  # noqa: ARG002
        """What follows from the settings.

        Returns:
            ``calendar``: the timer's; ``drop_known_host``: the line for sftp's ``known_hosts``;
            ``mails_as_user``, ``drops_by_sftp``: whether it is so; ``packages``.
        """
        place = self.drop
        known = ""
        if place and place.kind == "sftp":
            name = place.server if place.port == 22 else f"[{place.server}]:{place.port}"
            known = f"{name} {place.host_key}"
        return {
            "calendar": on_calendar(self.windows, host.name, SPREAD_MINUTES),
            "drop_known_host": known,
            "mails_as_user": bool(self.enabled and self.mail and self.mail.user),
            "drops_by_sftp": bool(self.enabled and known),
            "packages": ["openssh-client"] if self.enabled else [],
        }

    def needed_flows(self, host: Host, practice: Practice) -> Iterator[Need]:  # noqa: ARG002
        """The relay that takes warnings, and the server that takes evidence."""
        asked = []
        if self.enabled and self.mail:
            asked.append(("mail", "relay", self.mail.relay, self.mail.port, "Alertes par courriel"))
        if self.enabled and self.drop and self.drop.server:
            drop = ("drop", "server", self.drop.server, self.drop.port, "Dépôt des preuves signées")
            asked.append(drop)
        for field, key, server, port, purpose in asked:
            known = practice.hosts.get(server)
            addresses = known.addresses[:1] if known else literals(server)
            if server != "localhost" and not any(ip_address(a).is_loopback for a in addresses):
                name = "alertes-par-courriel" if field == "mail" else "depot-des-preuves"
                yield Need((field, key), name, "out", port, server, addresses, purpose)

    def conclude(self, host: Host, practice: Practice) -> dict[str, Any]:
        """``declaration``: what the machine is told; ``python``: which packs its program."""
        if not self.enabled:
            nothing = {"format": "", "schema": 0, "host": host.name, "baseline": {}, "practice": {}}
            return {"declaration": {**nothing, "folders": [], "watch": {}}, "python": ""}
        from socle.watch.declaration import declaration  # noqa: PLC0415 - seldom needed

        return {"declaration": declaration(host, practice), "python": sys.executable}
