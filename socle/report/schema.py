"""The shape of the report document: the one place from which its JSON Schema is published."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

VerdictName = Literal["pass", "fail", "waived", "not-applicable", "unknown"]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Moment = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$")]
FILE = "docs/report.schema.json"


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


class Title(_Shape):
    """A control's title in both languages."""

    fr: str
    en: str


class ControlEntry(_Shape):
    """A promise, as its room's controls.yml has it."""

    id: str
    room: str
    title: Title
    theme: str
    severity: Literal["critical", "high", "medium", "low"]
    applies_to: list[str]
    references: dict[str, Any]


class Fact(BaseModel):
    """What a check noted as data. Its room decides which kinds there are, and what they mean."""

    model_config = ConfigDict(extra="allow")

    kind: str


class MessageEntry(_Shape):
    """A sentence, and the values of its places."""

    id: str
    """In English: ``{name}: {address} shows no SSH host key``. ``{rules;}`` is a list with "; "."""
    values: dict[str, str | bool | int | float | MessageEntry | list[str | MessageEntry]]
    """What a machine said is a value. A list is joined by ", ", or as its place says."""


class TermsEntry(_Shape):
    """The waiver that a verdict takes into account."""

    until: Day
    expired: bool
    reason: str
    compensating: str
    approved_by: str


class GroundsEntry(_Shape):
    """What stands behind a verdict."""

    seen: list[MessageEntry]
    """Of each expectation that held, or of the one that did not."""
    wanted: MessageEntry | None
    fix: MessageEntry | None
    reason: MessageEntry | None
    """Why there is no measure, or why the control does not apply."""
    waiver: TermsEntry | None


class VerdictEntry(_Shape):
    """One control judged on the host that this entry belongs to."""

    control: str
    verdict: VerdictName
    grounds: GroundsEntry
    """What was seen, what is wanted and how to mend it, or why it was not measured."""
    measured: VerdictName
    """The verdict before a waiver was taken into account."""
    seconds: Annotated[float, Field(ge=0)]
    unreachable: bool
    """True where the host itself could not be asked."""
    facts: list[Fact] = []


class HostEntry(_Shape):
    """A machine of the practice; one without verdicts was not examined."""

    name: str
    groups: list[str]
    addresses: list[str]
    os: str | None
    reachable: bool
    verdicts: list[VerdictEntry]


class WaiverEntry(_Shape):
    """An accepted exception."""

    control: str
    hosts: list[str]
    set: dict[str, Any]
    reason: str
    compensating: str
    approved_by: str
    region: bool = False
    """Whether the region accepted it, for all its practices."""
    until: Day
    """The last day on which it holds."""
    expired: bool


class FlowEntry(_Shape):
    """A permitted network flow, and the machines that carry it."""

    name: str
    direction: Literal["in", "out"]
    protocol: str
    ports: list[str]
    hosts: list[str]
    users: list[str] = []
    """Accounts whose programs alone may use it; without any, every program may."""
    peers: list[str]
    """The declared words; "any" when every address is meant."""
    addresses: list[str]
    purpose: str
    asked_by: str | None


class Baseline(_Shape):
    """The regional rules that the practice was measured against."""

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """SHA-256 of the rules' files."""


class Summary(_Shape):
    """How many verdicts of each kind there are."""

    kept: Annotated[int, Field(ge=0, alias="pass")]
    fail: Annotated[int, Field(ge=0)]
    waived: Annotated[int, Field(ge=0)]
    not_applicable: Annotated[int, Field(ge=0, alias="not-applicable")]
    unknown: Annotated[int, Field(ge=0)]


class Report(_Shape):
    """What one run of ``socle verify`` found on the machines of a practice."""

    version: Annotated[Literal[2], Field(alias="schema")]
    """Rises when a reader of the version before would misread the document."""
    socle: str
    practice: str
    """The name of its folder."""
    practice_name: str = ""
    """What people call it."""
    practice_id: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None
    """The id in its practice.yml."""
    started: Moment
    finished: Moment
    seconds: Annotated[float, Field(ge=0)]
    versions: dict[str, str | None]
    baseline: Baseline
    summary: Summary
    controls: list[ControlEntry]
    hosts: list[HostEntry]
    waivers: list[WaiverEntry]
    flows: list[FlowEntry]


def published() -> str:
    """The JSON Schema (2020-12) as ``docs/report.schema.json`` has it."""
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(found | Report.model_json_schema(), indent=2, ensure_ascii=False) + "\n"
