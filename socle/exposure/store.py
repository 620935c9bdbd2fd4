"""The folder of a practice's attestations: what is in it, and who signed it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from socle import harmless
from socle.errors import SocleError
from socle.evidence import files, signature
from socle.evidence.signature import Result, Trust
from socle.exposure import model
from socle.exposure.model import Attestation

SUFFIX = "-exposure.json"
_LARGEST = 1 << 20  # bytes; ours have some thousand


@dataclass(frozen=True)
class Signed:
    """An attestation, or why the file is none, and what its signature says."""

    name: str
    attestation: Attestation | None
    trouble: str = ""
    """Why it does not count; empty where it does."""
    signer: str | None = None


def save(attestation: Attestation, place: Path | None, folder: Path) -> Path:
    """Write a new file, for its owner's eyes only; its path. Raises SocleError.

    ``place``: the file, else one in ``folder`` that is named after the moment.
    """
    moment = attestation.finished.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = place or folder / f"{moment}{SUFFIX}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.add(path, model.as_text(attestation).encode())
    except FileExistsError:
        raise SocleError(f"{path}: expected a file that does not exist yet") from None
    except OSError as error:
        raise SocleError(f"{path}: cannot be written: {error.strerror}") from None
    return path


def read(folder: Path, trust: Trust, now: datetime | None = None) -> list[Signed]:
    """Every attestation of the folder, also those that do not count, by name.

    Raises SocleError where the folder cannot be read.
    """
    if not folder.is_dir():
        return []
    return list(_each(folder, trust, now or datetime.now(UTC)))


def _each(folder: Path, trust: Trust, now: datetime) -> Iterator[Signed]:
    for path in sorted(folder.glob("*.json")):
        name = harmless.line(path.name)
        try:
            if path.stat().st_size > _LARGEST:
                raise SocleError(f"{name}: it is too large for an attestation")
            found = model.parse(path.read_bytes(), name)
            result = _judged(path, trust, now)
        except OSError as error:
            yield Signed(name, None, f"{name}: cannot be read: {error.strerror}")
        except SocleError as error:
            yield Signed(name, None, str(error))
        else:
            trouble = "" if result.good else f"{name}: {result.state}"
            yield Signed(name, found, trouble, result.signer)


def _judged(path: Path, trust: Trust, now: datetime) -> Result:
    if not trust.signers.is_file():
        raise SocleError(f"{path.name}: nobody may sign here, {trust.signers.name} is missing")
    return signature.verify(path, trust, now)
