"""The manifest: what a signature is made over, because OpenSSH signatures know no name and no time.

``report.json`` has ``report.json.manifest`` (a few lines of JSON) and ``report.json.sig`` (the
signature of the manifest's bytes) beside it, and ``report.json.tsr`` when it is time stamped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from socle.errors import SocleError
from socle.evidence import files

MANIFEST, SIGNATURE, STAMP = ".manifest", ".sig", ".tsr"
COMPANIONS = (MANIFEST, SIGNATURE, STAMP)
LARGEST = 100_000  # bytes of a companion; ours have some thousand at most
LARGEST_SIGNED = 1 << 30  # bytes of what is signed; bundles, lists and reports have far fewer
_KIND = "socle-evidence"
_VERSION = 1
_FIRST_YEAR, _LAST_YEAR = 2020, 2200  # of a signature: what is outside cannot be compared
_LARGEST = 10_000  # bytes of a manifest; ours have some hundred


class Unreadable(ValueError):
    """Not a manifest that this version of Socle understands."""


@dataclass(frozen=True)
class Manifest:
    """What the signer said: this file, these bytes, at this moment by the signer's clock."""

    file: str
    size: int  # bytes
    sha256: str  # hexadecimal
    signed_at: datetime  # UTC, whole seconds

    def as_bytes(self) -> bytes:
        """The bytes to sign."""
        document = {
            "kind": _KIND,
            "version": _VERSION,
            "file": self.file,
            "size": self.size,
            "sha256": self.sha256,
            "signed_at": utc(self.signed_at),
        }
        return (json.dumps(document, indent=2) + "\n").encode()  # any file name, also no UTF-8


def beside(file: Path, suffix: str) -> Path:
    """A companion of ``file``: ``beside(Path("report.json"), SIGNATURE)`` is report.json.sig."""
    return file.with_name(file.name + suffix)


def companion(file: Path, suffix: str) -> bytes:
    """The content of a companion. Raises SocleError: a link, no plain file, too large. OSError."""
    return files.read(beside(file, suffix), LARGEST)


def describe(file: Path, now: datetime) -> Manifest:
    """The manifest of ``file`` as it is now.

    Raises SocleError: a link, no plain file, larger than `LARGEST_SIGNED`. Raises OSError.
    """
    size, digest = files.measure(file, LARGEST_SIGNED)
    return Manifest(file.name, size, digest, now.astimezone(UTC).replace(microsecond=0))


def parse(content: bytes) -> Manifest:
    """The manifest in ``content``: signed, but who knows by whom.

    Raises Unreadable: another kind of document, or a newer version.
    """
    if len(content) > _LARGEST:
        raise Unreadable("it is too large for a manifest")
    try:
        document: Any = json.loads(content)
        if (document["kind"], document["version"]) != (_KIND, _VERSION):
            raise Unreadable("it is not a manifest of this version of Socle")
        found = Manifest(
            file=str(document["file"]),
            size=int(document["size"]),
            sha256=str(document["sha256"]),
            signed_at=datetime.fromisoformat(document["signed_at"]).astimezone(UTC),
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise Unreadable("it is not a manifest of Socle") from None
    if not _FIRST_YEAR <= found.signed_at.year < _LAST_YEAR:
        raise Unreadable("it was signed in no year that counts")
    if found.as_bytes() != content:
        raise Unreadable("it is not written as Socle writes manifests")
    return found


def evidence(places: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """The files to verify: those that are named, and all below a folder, sorted.

    A file that has a signature and is not there is named too. Also a sentence for each folder that
    was not searched. SocleError: nothing is there.
    """
    found: dict[Path, None] = {}
    refused: list[str] = []
    for place in places:
        if place.is_dir():
            inside, unsearched = files.below(place)
            refused += (f"{path}: {reason}" for path, reason in unsearched.items())
            found.update(dict.fromkeys(_evidence_of(path) for path in inside))
        else:
            found[_evidence_of(place)] = None
        if not found and not refused:
            raise SocleError(f"{place}: expected evidence in this folder, it is empty")
    return list(found), refused


def _evidence_of(path: Path) -> Path:
    return path.with_suffix("") if path.suffix in COMPANIONS else path


def utc(moment: datetime) -> str:
    """``2026-11-22T11:05:00Z``. The moment must know its time zone."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
