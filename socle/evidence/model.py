"""What stands in a bundle. Every model refuses what it does not know: old and new do not mix."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, FailFast, Field

from socle.grounds import Grounds
from socle.messages import Message


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


Count = Annotated[int, Field(ge=0, lt=1 << 31)]
Code = Annotated[int, Field(ge=-(1 << 31), lt=1 << 31)]
Seconds = Annotated[float, Field(ge=0, le=1e6)]
Word = Annotated[str, Field(max_length=200)]
Day = Annotated[Word, AfterValidator(_day)]
# Whoever computes with a moment does not meet the ends of the calendar.
Moment = Annotated[
    AwareDatetime, Field(ge=datetime(2020, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))
]
HostName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=200)]
PracticeId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
# A judge writes these below a folder of his own: nothing may lead out of it.
FolderName = Annotated[str, Field(pattern=r"^[^/\x00.][^/\x00]*$", max_length=200)]
FileName = Annotated[
    str,
    Field(
        pattern=r"^(hosts\.yml|practice\.yml|waivers\.yml|known_hosts|"
        r"(group|host)_vars(/[^/.\x00][^/\x00]*)+)$",
        max_length=1000,
    ),
]


class Strict(BaseModel):
    """Refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Said(Strict):
    """One question of a check and what came of it.

    ``control`` is whose check asked, about the bundle's host; ``asked`` who answered: a host, or
    the operator's computer (empty). ``raw``: the bytes are no UTF-8, each stands as one character.
    """

    control: Word
    asked: Word
    kind: Literal["command", "script", "look"]
    words: str
    digest: Word
    """SHA-256 (32 hexadecimal digits) of the words as they were asked: masks change words."""
    limit: Seconds
    seconds: Seconds
    code: Code | None = None
    stdout: str = ""
    stderr: str = ""
    raw: bool = False
    trouble: Message | None = None
    """Why there is no answer; ``code`` is None then."""
    unreachable: bool = False


class Machine(Strict):
    """Which machine it was. ``machine``: SHA-256 of its machine-id, salted."""

    name: HostName
    os_name: Word | None = None
    machine: Word | None = None
    host_keys: tuple[str, ...] = ()


class Software(Strict):
    """What collected: ``socle`` and the versions of what it stands on."""

    socle: Word
    versions: dict[Word, Word | None] = {}


class Baseline(Strict):
    """The region's rules. ``digest``: SHA-256, hexadecimal, as in report.json.

    ``version``: git's name of the checkout that they came from, else the digest's first digits.
    """

    version: Word | None = None
    digest: Word


class Declared(Strict):
    """One host of the practice as it was resolved, without secrets."""

    groups: tuple[Word, ...]
    addresses: tuple[Word, ...]
    method: Literal["ssh", "local"]
    address: Word
    port: Annotated[int, Field(ge=0, lt=1 << 16)]
    host_keys: tuple[str, ...] = ()
    """SSH host keys under which the operator knew it: "ssh-ed25519 AAAA…"."""
    settings: dict[str, Any]
    trouble: Message | None = None
    """Why it could not be asked."""


class Accepted(Strict):
    """A waiver of the host. ``until``: a date, ISO 8601."""

    control: Word
    hosts: tuple[Word, ...]
    set: dict[str, Any]
    reason: str
    compensating: str
    approved_by: str
    until: Day
    region: bool = False  # accepted by the region, for all its practices


class Practice(Strict):
    """The practice: its hosts, the host's waivers, and the files that say so.

    ``files``: path below the practice's folder -> text, so that settings can be resolved against
    another baseline; encrypted files and what the vault holds are left out. ``id``: which practice
    it is, whatever its ``name``; bundles of older versions have none.
    """

    name: FolderName
    hosts: dict[HostName, Declared]
    waivers: tuple[Accepted, ...] = ()
    files: dict[FileName, str] = {}
    id: PracticeId | None = None


class Judged(Strict):
    """One verdict, as it was given then."""

    control: Word
    verdict: Word
    grounds: Grounds
    measured: Word
    seconds: Seconds
    unreachable: bool = False


class Bundle(Strict):
    """Everything that one run found out about one host.

    ``collected``: when the run began, in the operator's time zone: dates are judged by it.
    ``seconds``: how long the run took. ``redacted``: how many places were masked.
    """

    collected: Moment
    seconds: Seconds
    software: Software
    baseline: Baseline
    host: Machine
    practice: Practice
    answers: Annotated[tuple[Said, ...], FailFast()]
    verdicts: Annotated[tuple[Judged, ...], FailFast()]
    redacted: Count = 0
