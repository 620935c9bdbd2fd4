"""What a practice's folder says of its public addresses, as one text that a bundle can hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from socle.baseline import evidence
from socle.baseline.evidence import EvidenceSettings
from socle.errors import SocleError
from socle.exposure import declared, store
from socle.exposure.declared import Declared
from socle.exposure.store import Signed


@dataclass(frozen=True)
class Papers:
    """What is declared, and every attestation with what its signature was worth when read."""

    addresses: tuple[str, ...]
    open_ports: frozenset[int]
    max_age_days: int
    attestations: tuple[Signed, ...]


def of(practice: Path, now: datetime) -> Papers:
    """What lies in the practice's folders. Raises SocleError where it cannot be read."""
    found = declared.read(practice)
    signed = attestations(found, evidence.read(practice), now)
    return Papers(found.addresses, found.open_ports, found.max_age_days, tuple(signed))


def attestations(found: Declared, settings: EvidenceSettings, now: datetime) -> list[Signed]:
    """What lies in the practice's folder of attestations. Raises SocleError."""
    return store.read(found.folder, settings.trust, now)


def as_text(papers: Papers) -> str:
    """As JSON, the same text for the same papers."""
    plain = TypeAdapter(Papers).dump_python(papers, mode="json")
    plain["open_ports"] = sorted(plain["open_ports"])
    return TypeAdapter(object).dump_json(plain).decode()


def parse(text: str) -> Papers:
    """The papers in that text. Raises SocleError for another one."""
    try:
        return TypeAdapter(Papers).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SocleError(f"the practice's attestations: {where}: {first['msg']}") from None
