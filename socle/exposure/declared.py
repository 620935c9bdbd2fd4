"""``exposure.yml``: the practice's public addresses, and what may answer there. It may be absent.

It is also the consent: only addresses that stand here are looked at without another word.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from socle.baseline import about, single
from socle.baseline.layers import EXPOSURE
from socle.baseline.types import Port
from socle.evidence.store import operator_state
from socle.exposure.recognised import recognised

_STRICT = ConfigDict(extra="forbid", strict=True)
_Words = Annotated[str, Field(min_length=3)]


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("an IPv4 or IPv6 address") from None


def _not_for_images(port: int) -> int:
    if port in recognised().patients:
        raise ValueError("another port: images are reached through the VPN alone")
    return port


class OpenPort(BaseModel):
    """A TCP port that answers the Internet on purpose."""

    model_config = _STRICT

    port: Annotated[Port, AfterValidator(_not_for_images)]
    purpose: _Words
    asked_by: _Words


class _File(BaseModel):
    model_config = _STRICT

    public_addresses: list[Annotated[str, AfterValidator(_address)]] = []
    approved_by: _Words
    open_ports: list[OpenPort] = []
    attestations: str | None = None
    max_age_days: Annotated[int, Field(ge=1, le=366)] = 90


@dataclass(frozen=True)
class Declared:
    """What holds for a practice, defaults filled in."""

    addresses: tuple[str, ...]
    approved_by: str | None  # None where there is no exposure.yml
    open_ports: frozenset[int]
    folder: Path  # where the attestations lie
    max_age_days: int


def read(practice: Path) -> Declared:
    """What the practice in this folder declares. Raises BadPractice."""
    place = practice.absolute()
    written = single.read(place / EXPOSURE, _File)
    default = operator_state() / "exposure" / (about.read(place).id or place.name)
    if written is None:
        return Declared((), None, frozenset(), default, 90)
    named = written.attestations
    return Declared(
        tuple(written.public_addresses),
        written.approved_by,
        frozenset(one.port for one in written.open_ports),
        place / Path(named).expanduser() if named else default,
        written.max_age_days,
    )
