"""What is kept of a bundle while thousands are looked at: small, and plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path


class Source(StrEnum):
    """Where a machine's verdicts come from."""

    STORED = "stored"  # those of the bundle
    AGAIN = "again"  # judged anew by the checks of this Socle
    NONE = "none"  # the bundle could not be judged, or nobody known vouches for it


@dataclass(frozen=True)
class Head:
    """What a bundle says of itself. ``machine``: a digest of the practice's and the host's name.

    ``installed``: a digest that another installation does not share; empty where nobody knows.
    """

    sha256: str  # of the file
    practice: str
    machine: str
    installed: str
    collected: datetime
    socle: str
    baseline: str
    checks: str  # socle.verify.provenance; empty in bundles of older releases
    groups: tuple[str, ...]
    verdicts: Mapping[str, str]  # control -> verdict, as given then


@dataclass(frozen=True)
class Refused:
    """A file whose content counts for nothing, or only as unknown; for the operator alone."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Job:
    """What is to be found out about one bundle."""

    path: Path
    sha256: str
    judge: bool
    sign: bool


@dataclass(frozen=True)
class Found:
    """What came of a job; None where it was not asked for, or (``verdicts``) could not be."""

    sha256: str
    verdicts: Mapping[str, str] | None = None
    trouble: str | None = None
    signature: str | None = None


@dataclass(frozen=True)
class Machine:
    """The newest evidence of one machine, judged. ``signed``: None where nobody looked."""

    head: Head
    verdicts: Mapping[str, str]
    source: Source
    signed: bool | None
