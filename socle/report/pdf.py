"""The report as a PDF for the practice's file: PDF/A-2a to be kept, PDF/UA-1 to be read aloud."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import typst

from socle.report.data import write_bytes
from socle.report.declared import NOTHING_DECLARED, Declared
from socle.report.history import NOTHING_KEPT, History
from socle.report.printed import printed

# What Typst's own fonts can show, in text and in code. A PDF/A may not hold anything else, and no
# machine may keep its report from being made by what it says.
SHOWN = (
    "\n\t -~\u00a0-\u00ac\u00ae-\u024f\u0391-\u03a1\u03a3-\u03ff\u0400-\u045f\u200b"
    "\u2010-\u2027\u202f-\u2040\u20a0-\u20bf\u2190-\u22ff\u2500-\u25ff\u2713\u2717\ufffd"
)
_OTHER = re.compile(f"[^{SHOWN}]")


def render_pdf(
    document: Mapping[str, Any],
    language: str = "fr",
    past: History = NOTHING_KEPT,
    declared: Declared = NOTHING_DECLARED,
) -> bytes:
    """The PDF of a report document, in French ("fr") or English ("en"), after the ``past`` runs.

    ``declared``: what the rooms say.

    The same document gives the same bytes on every computer: fonts come with the library, the date
    is the measure's.
    """
    data = json.dumps(_shown(printed(document, language, past, declared)), ensure_ascii=False)
    with as_file(files("socle.report").joinpath("templates")) as templates:
        made: bytes = typst.compile(
            str(templates / "report.typ"),
            root=str(templates),
            format="pdf",
            sys_inputs={"data": data},
            ignore_system_fonts=True,
            pdf_standards=["a-2a", "ua-1"],
            timestamp=int(datetime.fromisoformat(document["finished"]).timestamp()),
        )
    return made


def write_pdf(
    document: Mapping[str, Any],
    path: Path,
    language: str = "fr",
    past: History = NOTHING_KEPT,
    declared: Declared = NOTHING_DECLARED,
) -> None:
    """Writes the PDF in one step, readable by its owner alone."""
    write_bytes(render_pdf(document, language, past, declared), path)


def _shown(value: Any) -> Any:
    """The data with each character that the fonts lack as its code point: ``[U+65E5]``."""
    if isinstance(value, str):
        composed = unicodedata.normalize("NFC", value)
        return _OTHER.sub(lambda found: f"[U+{ord(found[0]):04X}]", composed)
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return value
