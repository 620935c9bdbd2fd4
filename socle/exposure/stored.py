"""What is kept about a practice anyway, for the folder of an incident."""

from __future__ import annotations

import re
from pathlib import Path

from socle.errors import SocleError
from socle.evidence import store
from socle.evidence.bundle import SUFFIX as BUNDLE
from socle.evidence.manifest import COMPANIONS
from socle.evidence.redaction import Redactor

_PLAIN = re.compile(r"[\w.+-]+")  # names that sha256sum reads as they are


def of_the_practice(
    history: Path, attestations: Path, bundles: Path | None, masks: Redactor
) -> dict[str, bytes]:
    """The last run and apply that were kept, the attestations, the bundles; path -> content.

    Raises SocleError where a folder cannot be read.
    """
    found = {}
    try:
        for _, kind, content in store.documents(history):  # the oldest first
            if kind and content is not None:
                text = masks.text(content.decode(errors="replace"))
                found[f"practice/last-{kind}.json"] = text.encode()
        found |= _signed(attestations, ".json")
        return found | (_signed(bundles, BUNDLE) if bundles else {})
    except OSError as error:
        raise SocleError(f"{error.filename}: cannot be read: {error.strerror}") from None


def _signed(folder: Path, suffix: str) -> dict[str, bytes]:
    """The files of a folder that end so, with their signatures, byte by byte."""
    return {
        f"practice/{path.name}": path.read_bytes()
        for end in ("", *COMPANIONS)
        for path in sorted(folder.glob(f"*{suffix}{end}"))
        if _PLAIN.fullmatch(path.name)
    }
