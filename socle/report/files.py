"""The files that a report can be written to, each by the kind it is asked for with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from socle.report import data
from socle.report.declared import NOTHING_DECLARED, Declared
from socle.report.history import NOTHING_KEPT, History


@dataclass(frozen=True)
class _Told:
    """What is written, and how."""

    document: Mapping[str, Any]
    language: str
    past: History
    declared: Declared


def write(
    document: Mapping[str, Any],
    files: Mapping[str, Path],
    language: str,
    past: History = NOTHING_KEPT,
    declared: Declared = NOTHING_DECLARED,
) -> None:
    """Write a report document as every kind in ``files``: json, html, pdf, sarif, oscal.

    ``past``: the runs before this one, for what people read. ``declared``: what the rooms say.
    Each file appears whole, and is readable by its owner alone.
    """
    told = _Told(document, language, past, declared)
    for kind, path in files.items():
        WRITERS[kind](told, path)


def _json(told: _Told, path: Path) -> None:
    data.write_json(told.document, path)


def _html(told: _Told, path: Path) -> None:
    from socle.report.html import write_html  # noqa: PLC0415 - only who asks for it waits for it

    write_html(told.document, path, told.language, told.past, told.declared)


def _pdf(told: _Told, path: Path) -> None:
    from socle.report.pdf import write_pdf  # noqa: PLC0415

    write_pdf(told.document, path, told.language, told.past, told.declared)


def _sarif(told: _Told, path: Path) -> None:
    from socle.report.sarif import as_sarif  # noqa: PLC0415

    data.write_json(as_sarif(told.document, told.language, told.declared.labels), path)


def _oscal(told: _Told, path: Path) -> None:
    from socle.report.oscal import as_oscal  # noqa: PLC0415

    data.write_json(as_oscal(told.document, told.language, told.declared), path)


WRITERS = {"json": _json, "html": _html, "pdf": _pdf, "sarif": _sarif, "oscal": _oscal}
