"""The files that a report can be written to, each by the kind it is asked for with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from socle.report import data
from socle.report.history import NOTHING_KEPT, History


def write(
    document: Mapping[str, Any],
    files: Mapping[str, Path],
    language: str,
    past: History = NOTHING_KEPT,
) -> None:
    """Write a report document as every kind in ``files``: json, html, pdf, sarif, oscal.

    ``past``: the runs before this one, for what people read. Each file appears whole, and is
    readable by its owner alone.
    """
    for kind, path in files.items():
        WRITERS[kind](document, path, language, past)


def _json(document: Mapping[str, Any], path: Path, _language: str, _past: History) -> None:
    data.write_json(document, path)


def _html(document: Mapping[str, Any], path: Path, language: str, past: History) -> None:
    from socle.report.html import write_html  # noqa: PLC0415 - only who asks for it waits for it

    write_html(document, path, language, past)


def _pdf(document: Mapping[str, Any], path: Path, language: str, past: History) -> None:
    from socle.report.pdf import write_pdf  # noqa: PLC0415

    write_pdf(document, path, language, past)


def _sarif(document: Mapping[str, Any], path: Path, language: str, _past: History) -> None:
    from socle.report.sarif import as_sarif  # noqa: PLC0415

    data.write_json(as_sarif(document, language), path)


def _oscal(document: Mapping[str, Any], path: Path, language: str, _past: History) -> None:
    from socle.report.oscal import as_oscal  # noqa: PLC0415

    data.write_json(as_oscal(document, language), path)


WRITERS = {"json": _json, "html": _html, "pdf": _pdf, "sarif": _sarif, "oscal": _oscal}
