"""What is kept of a bundle while thousands are looked at: small, and plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

Judging = Literal["sample", "all", "none"]


class Source(StrEnum):
    """Where a machine's verdicts come from."""

    AGAIN = "again"  # judged anew by the checks of this Socle
    DECLARED = "declared"  # those of the bundle: the practice says so
    OLD = "old"  # the newest evidence is older than evidence may be: unknown
    NONE = "none"  # the bundle could not be judged, or nobody known vouches for it: unknown


@dataclass(frozen=True)
class Head:
    """What a bundle says of itself.

    ``id``: the practice's, empty in bundles of older releases. ``installed``: a digest that
    another installation does not share; empty where nobody knows. ``hosts``: all machines that
    the practice declared.
    """

    sha256: str  # of the file
    practice: str
    id: str
    host: str
    installed: str
    collected: datetime
    socle: str
    baseline: str
    checks: str  # socle.verify.provenance; empty in bundles of older releases
    groups: tuple[str, ...]
    hosts: tuple[str, ...]
    verdicts: Mapping[str, str]  # control -> verdict, as given then

    @property
    def owner(self) -> str:
        """Which practice it is: its id, else its name with a slash, which no id and no name has."""
        return self.id or f"{self.practice}/"


@dataclass(frozen=True)
class Refused:
    """A file whose content counts for nothing, or only as unknown; for the operator alone."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Seal:
    """What a signature is worth: `socle.evidence.signature.State`, and who signed."""

    state: str
    signer: str = ""


@dataclass(frozen=True)
class Job:
    """A bundle that is to be judged again."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class Found:
    """What came of a job: verdicts, or why there are none."""

    sha256: str
    verdicts: Mapping[str, str] | None = None
    trouble: str | None = None


@dataclass(frozen=True)
class Machine:
    """The newest evidence of one machine, judged. ``signed``: None where nobody looked."""

    head: Head
    verdicts: Mapping[str, str]
    source: Source
    signed: bool | None
