"""The runs that were kept, read again: nothing that stands in the folder can stop a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from socle.evidence import store
from socle.evidence.signature import CLOCKS
from socle.harmless import line
from socle.report.data import SCHEMA
from socle.verify.verdicts import Verdict

Pair = tuple[str, str]  # host, control
APPLY_SCHEMA = 1


class _Entry(BaseModel):
    control: str
    verdict: Verdict
    facts: list[dict[str, Any]] = []


class _Host(BaseModel):
    name: str
    verdicts: list[_Entry]


class _Control(BaseModel):
    id: str


class _Document(BaseModel):
    """What is used of a report's document; the rest of it may grow."""

    version: Annotated[int, Field(alias="schema", ge=1, le=SCHEMA)]
    practice: str
    finished: AwareDatetime
    hosts: list[_Host]
    controls: list[_Control]


class _Changes(BaseModel):
    changed: int
    failed: bool


class _Apply(BaseModel):
    version: Annotated[int, Field(alias="schema", ge=1, le=APPLY_SCHEMA)]
    practice: str
    finished: AwareDatetime
    engine: Literal["pyinfra"]
    hosts: dict[str, _Changes]


@dataclass(frozen=True)
class Run:
    """One verification: its verdicts, and which promises the practice had then."""

    finished: datetime
    verdicts: Mapping[Pair, Verdict]
    hosts: frozenset[str]
    controls: frozenset[str]
    facts: Mapping[Pair, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """What the checks noted as data, where they noted anything."""

    @cached_property
    def counts(self) -> Mapping[Verdict, int]:
        """How often each verdict was given."""
        given = list(self.verdicts.values())
        return {verdict: given.count(verdict) for verdict in Verdict}

    @property
    def kept(self) -> float | None:
        """The share of the promises that hold or are waived, of those that apply; None: none."""
        applying = sum(self.counts.values()) - self.counts[Verdict.NOT_APPLICABLE]
        good = self.counts[Verdict.PASS] + self.counts[Verdict.WAIVED]
        return good / applying if applying else None


@dataclass(frozen=True)
class Apply:
    """One run of pyinfra that was more than a plan. ``changed``: host -> operations."""

    finished: datetime
    changed: Mapping[str, int]
    failed: tuple[str, ...]


Event = TypeVar("Event", Run, Apply)


@dataclass(frozen=True)
class History:
    """What a practice's folder holds, the oldest first; ``left_out``: "FILE: why"."""

    runs: tuple[Run, ...] = ()
    applies: tuple[Apply, ...] = ()
    left_out: tuple[str, ...] = ()


NOTHING_KEPT = History()


def run_of(document: Mapping[str, Any]) -> Run:
    """The run in a document that ``socle.report.data.build`` gave. Raises ValidationError."""
    read = _Document.model_validate(document)
    return Run(
        read.finished,
        {(h.name, entry.control): entry.verdict for h in read.hosts for entry in h.verdicts},
        frozenset(host.name for host in read.hosts),
        frozenset(control.id for control in read.controls),
        {(h.name, e.control): e.facts for h in read.hosts for e in h.verdicts if e.facts},
    )


def read(
    folder: Path, practice: str, practice_id: str | None = None, *, now: datetime | None = None
) -> History:
    """What is kept in ``folder`` about ``practice``. Raises OSError when it cannot be read.

    A document with an id goes by that, one of an older version by the name of the folder. One from
    the future is left out: as the last run it would hide for years what gets worse.
    """
    ours = (practice, practice_id)
    latest = (now or datetime.now(UTC)) + CLOCKS
    runs, applies, left_out = [], [], []
    for path, kind, content in store.documents(folder):
        name = line(path.name)
        try:
            if kind == "run":
                runs.append(_by_then(latest, run_of(_json(content, ours, SCHEMA))))
            elif kind == "apply":
                applies.append(_by_then(latest, _apply_of(_json(content, ours, APPLY_SCHEMA))))
            else:
                left_out.append(f"{name}: not a file of Socle's history")
        except _LeftOut as reason:
            left_out.append(f"{name}: {reason}")
        except ValidationError:
            left_out.append(f"{name}: not what Socle writes under this name")
    runs.sort(key=lambda run: run.finished)
    applies.sort(key=lambda apply: apply.finished)
    return History(tuple(runs), tuple(applies), tuple(left_out))


class _LeftOut(Exception):
    """Why a document does not count."""


def _by_then(latest: datetime, event: Event) -> Event:
    if event.finished > latest:
        raise _LeftOut(f"dated {event.finished:%Y-%m-%d}, in the future: a clock was wrong")
    return event


def _json(content: bytes | None, ours: tuple[str, str | None], newest: int) -> Mapping[str, Any]:
    name, known = ours
    if content is None:
        raise _LeftOut("cannot be read")
    try:
        document = TypeAdapter(dict[str, Any]).validate_json(content)
    except ValidationError:
        raise _LeftOut("broken: not a JSON document") from None
    schema = document.get("schema")
    if isinstance(schema, int) and schema > newest:
        raise _LeftOut(f"written by a newer version of Socle (schema {schema})")
    claimed = document.get("practice_id")
    if claimed != known if claimed and known else document.get("practice") not in (name, None):
        raise _LeftOut("of another practice")
    return document


def _apply_of(document: Mapping[str, Any]) -> Apply:
    read = _Apply.model_validate(document)
    return Apply(
        read.finished,
        {name: host.changed for name, host in read.hosts.items()},
        tuple(name for name, host in read.hosts.items() if host.failed),
    )
