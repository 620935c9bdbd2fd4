"""``socle flows``: the register of flows of a practice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from socle.commands.console import SCREEN, write


def flows(
    practice: Path,
    *,
    markdown: Annotated[bool, Parameter(negative="")] = False,
    svg: Path | None = None,
    language: Literal["fr", "en"] = "fr",
) -> int:
    """Who may talk to whom, on which port, and why: the register of flows.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    markdown
        Print the register as Markdown instead of as a table.
    svg
        Draw it into this file.
    language
        Of the headings.
    """
    from socle.baseline import load  # noqa: PLC0415
    from socle.report import declared  # noqa: PLC0415
    from socle.report.data import write_text  # noqa: PLC0415
    from socle.report.flows import as_markdown, as_svg, as_table, register  # noqa: PLC0415

    loaded = load(practice)
    rows, labels = register(loaded), declared.of(loaded.root).labels
    if svg is not None:
        write_text(as_svg(rows, loaded, language), svg)
    if markdown:
        write(as_markdown(rows, language, labels))
    else:
        SCREEN.print(as_table(rows, language, labels))
    return 0
