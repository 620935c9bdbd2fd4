"""Settings of the box room: which ports of the Internet box a practice has agreed to."""

from __future__ import annotations

from datetime import date
from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from socle.baseline.settings import RoomSettings, keyed, stricter
from socle.baseline.types import Kebab, Port


def _address(text: str) -> str:
    """An address literal, written the usual way; ValueError says what was expected instead."""
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("an address such as 192.168.1.10") from None


Words = Annotated[str, Field(min_length=3)]


class PortMapping(BaseModel):
    """A port of the box that leads to a machine of the practice, and who agreed to that."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )

    name: Kebab
    """Stable name; layers merge mappings by it."""
    protocol: Literal["tcp", "udp"]
    """Transport."""
    external_port: Port
    """The port on the box's public address."""
    address: Annotated[str, AfterValidator(_address)]
    """The machine that it leads to."""
    port: Port
    """The port on that machine."""
    purpose: Words
    """What it is for, in words the doctor understands."""
    reason: Words
    """Why there is no way without an open port."""
    approved_by: Words
    """Who accepted it: the controller, by name."""
    until: date
    """The last day on which it is accepted; a year ahead at most."""


class Box(RoomSettings):
    """What the practice's Internet box may let in. The box itself is never changed."""

    port_mappings: Annotated[list[PortMapping], keyed("name")] = []
    """Ports that programs may have had the box open; layers add to them by name."""

    unlisted_requests: Annotated[bool, stricter("false")] = False
    """Whether the box may open ports for programs where no list of them can be had."""
