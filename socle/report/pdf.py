"""The report as a PDF for the practice's file: PDF/A-2a to be kept, PDF/UA-1 to be read aloud."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import typst

from socle.report.data import write_bytes
from socle.report.printed import printed


def render_pdf(document: Mapping[str, Any], language: str = "fr") -> bytes:
    """The PDF of a report document, in French ("fr") or English ("en").

    The same document gives the same bytes on every computer: fonts come with the library, the date
    is the measure's.
    """
    data = json.dumps(printed(document, language), ensure_ascii=False)
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


def write_pdf(document: Mapping[str, Any], path: Path, language: str = "fr") -> None:
    """Writes the PDF in one step, readable by its owner alone."""
    write_bytes(render_pdf(document, language), path)
