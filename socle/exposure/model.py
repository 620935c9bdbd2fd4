"""What stands in an attestation. Every model refuses what it does not know.

No banner, no page, no certificate: only ports, states, status codes and whether an association
was granted. So nothing of a patient can be in it.
"""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from socle.baseline import types
from socle.errors import SocleError
from socle.exposure import ports
from socle.exposure.recognised import Association, Recognised
from socle.verify.verdicts import State

FORMAT = "socle-exposure"
SCHEMA = 1
FILE = "docs/exposure.schema.json"
# As ipaddress writes it: the same address is always the same text.
Address = Annotated[str, AfterValidator(lambda text: str(ip_address(text)))]
Ports = Annotated[str, AfterValidator(ports.normal)]


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )


class Port(_Model):
    """An open port, and what answered there."""

    port: types.Port
    tls: str | None = None
    """The version that was agreed on ("TLSv1.3"), null where it does not speak TLS."""
    http: dict[str, Annotated[int, Field(ge=100, le=999)]] = {}
    """Path -> status code, asked for without any name or password."""
    dicom: Annotated[Association, Field(strict=False)] = Association.NONE
    """What became of an association for Verification under an unknown name."""
    product: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")] | None = None
    """A guess from the status codes alone."""

    @property
    def spoken(self) -> dict[str, Association]:
        """Protocol, as its room names it -> what became of a stranger's request."""
        return {"dicom": self.dicom}

    @property
    def images(self) -> bool:
        """Whether a program with patients' data let a stranger in."""
        return Association.ACCEPTED in self.spoken.values() or self.product is not None


class Scan(_Model):
    """One address. Every port that was looked at stands in exactly one place."""

    address: Address
    open: tuple[Port, ...]
    closed: dict[Annotated[State, Field(strict=False)], Ports]
    """State (refused, rejected, silent) -> ports: "21-23,80"."""
    unseen: Ports | None = None
    """Could not even be asked from here: no route, no such address family."""
    vantage: Literal["outside", "declared", "lab"]
    """outside: more than two routers lay between; declared: nobody can tell but who signed;
    lab: an attempt that says nothing of the Internet."""

    def not_open(self, state: State) -> list[int]:
        """The ports that were found in this state."""
        return ports.parse(self.closed[state]) if state in self.closed else []


class Attestation(_Model):
    """What answered at a practice's public addresses, seen from another line."""

    practice: str | None
    socle: str
    started: AwareDatetime
    finished: AwareDatetime
    source: Address | None
    """The address that it was looked from, null where that is not known (NAT, a phone)."""
    approved_by: str
    """Who answers for the addresses, and allowed the look."""
    scans: tuple[Scan, ...]


def as_text(attestation: Attestation) -> str:
    """The file's content."""
    document = {"format": FORMAT, "schema": SCHEMA, **attestation.model_dump(mode="json")}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def parse(content: bytes, name: str) -> Attestation:
    """The attestation in a file's content; ``name``: what it is called in an error.

    Raises SocleError: not an attestation, or of a newer Socle.
    """
    try:
        return _parsed(content, name)
    except RecursionError:
        raise SocleError(f"{name}: its lists are too deep for an attestation") from None


def _parsed(content: bytes, name: str) -> Attestation:
    try:
        document: Any = json.loads(content)
    except ValueError:
        document = None
    if not isinstance(document, dict) or document.pop("format", None) != FORMAT:
        raise SocleError(f"{name}: expected an attestation of `socle exposure attest`")
    schema = document.pop("schema", None)
    if schema != SCHEMA:
        raise SocleError(f"{name}: its schema is {schema}, this Socle reads {SCHEMA}")
    try:
        return Attestation.model_validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SocleError(f"{name}: {where}: {first['msg']}") from None


def published(rooms: Recognised) -> str:
    """The JSON Schema (2020-12) as ``docs/exposure.schema.json`` has it.

    ``rooms``: whose programs may be named. What reads attestations takes others too: a file
    outlives the room that knew the program.
    """
    shape = Attestation.model_json_schema()
    programs = {"enum": [one.name for one in rooms.programs], "type": "string"}
    shape["$defs"]["Port"]["properties"]["product"]["anyOf"][0] = programs
    shape["properties"] |= {"format": {"const": FORMAT}, "schema": {"const": SCHEMA}}
    shape["required"] = ["format", "schema", *shape["required"]]
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(found | shape, indent=2, ensure_ascii=False) + "\n"
