"""``socle verify``: which promise holds on which machine, now."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from socle.commands.verify_screen import Screen

Repeated = Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)]


def verify(
    practice: Path,
    *,
    limit: Repeated = None,
    control: Repeated = None,
    junit: Path | None = None,
    json: Path | None = None,
    html: Path | None = None,
    pdf: Path | None = None,
    sarif: Path | None = None,
    oscal: Path | None = None,
    language: Literal["fr", "en"] = "fr",
    verbose: Annotated[bool, Parameter(alias="-v", negative="")] = False,
) -> int:
    """Judge every promise on every machine of a practice. Changes nothing there.

    Exit code: 0 all holds (or is waived, or does not apply), 1 a promise is broken, 4 a machine
    could not be asked, 3 something else is unknown, 2 the practice's files or the words are wrong.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    limit
        Only this host or group (may be given again; * and ? match).
    control
        Only this control (may be given again; * and ? match).
    junit
        Write the verdicts for a build server here (JUnit XML).
    json
        Write the report's data here.
    html
        Write the report here.
    pdf
        Write the report for the practice's file here (PDF/A-2a, PDF/UA-1).
    sarif
        Write the verdicts for tools that gather findings here (SARIF 2.1.0).
    oscal
        Write the verdicts for tools that keep assessments here (OSCAL assessment results).
    language
        Of the report and of the controls' titles.
    verbose
        Show why a control does not apply, what each pass has seen, commands and seconds a host.
    """
    from socle.baseline import load  # noqa: PLC0415 - `socle --help` needs none of these
    from socle.verify.run import exit_code  # noqa: PLC0415
    from socle.verify.run import verify as judge  # noqa: PLC0415

    loaded = load(practice)
    screen = Screen(loaded, language, verbose=verbose)
    started = datetime.now(UTC)
    with screen:
        outcomes = judge(
            loaded, limit=limit or (), controls=control or (), junit=junit, progress=screen
        )
    finished = datetime.now(UTC)
    screen.conclude(outcomes, (finished - started).total_seconds())
    wanted = {"json": json, "html": html, "pdf": pdf, "sarif": sarif, "oscal": oscal}
    files = {kind: path for kind, path in wanted.items() if path is not None}
    if files:
        from socle.report.data import build  # noqa: PLC0415
        from socle.report.files import write  # noqa: PLC0415

        period = {"started": started, "finished": finished}
        document = build(loaded, outcomes, **period, os_names=screen.os_names)
        write(document, files, language)
    return exit_code(outcomes)
