"""``socle verify``: which promise holds on which machine, now."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from socle.commands.verify_screen import Screen

if TYPE_CHECKING:
    from socle.baseline.model import Practice

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
    history: Path | None = None,
    keep: bool = True,
    since_last: Annotated[bool, Parameter(negative="")] = False,
    language: Literal["fr", "en"] = "fr",
    verbose: Annotated[bool, Parameter(alias="-v", negative="")] = False,
) -> int:
    """Judge every promise on every machine of a practice. Changes nothing there.

    Exit code: 0 all holds (or is waived, or does not apply), 1 a promise is broken, 4 a machine
    could not be asked, 3 something else is unknown, 2 the practice's files or the words are wrong.
    With --since-last: 1 a promise is broken, or cannot be measured any more, that was kept before;
    else 0.

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
    history
        Folder where the runs are kept, else the practice's own (see `socle history`).
    keep
        Keep this run, so that later ones can be compared with it.
    since_last
        Fail only for what got worse since the promises were last looked at.
    language
        Of the report and of the controls' titles.
    verbose
        Show why a control does not apply, what each pass has seen, commands and seconds a host.
    """
    from socle.baseline import evidence, load  # noqa: PLC0415 - `socle --help` needs none of these
    from socle.report.data import build  # noqa: PLC0415
    from socle.report.files import write  # noqa: PLC0415
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
    document = build(loaded, outcomes, started=started, finished=finished, os_names=screen.os_names)
    wanted = {"json": json, "html": html, "pdf": pdf, "sarif": sarif, "oscal": oscal}
    write(document, {kind: path for kind, path in wanted.items() if path is not None}, language)
    place = history or evidence.read(loaded.folder).history
    if since_last:
        worse = _regressed(document, place, loaded, language)
    if keep:
        _keep(document, place, finished, loaded)
    return int(worse) if since_last else exit_code(outcomes)


def _regressed(document: Mapping[str, Any], place: Path, practice: Practice, language: str) -> bool:
    """Show what changed since each promise was last looked at; whether something got worse."""
    from rich.console import Console  # noqa: PLC0415

    from socle.commands.differences import show  # noqa: PLC0415
    from socle.commands.history import kept  # noqa: PLC0415
    from socle.report.drift import compare, known, regressions  # noqa: PLC0415
    from socle.report.history import run_of  # noqa: PLC0415

    console = Console(highlight=False)
    earlier = kept(place, practice.name)
    if not earlier.runs:
        console.print("\nsince the last run: there is none yet, this one is the first")
        return False
    found = compare(known(earlier.runs), run_of(document))
    console.print(f"\nsince the last run: {'' if found else 'nothing changed'}".rstrip())
    show(console, found, {c.id: c.title.get(language, c.id) for c in practice.controls})
    return bool(regressions(found))


def _keep(document: Mapping[str, Any], place: Path, finished: datetime, practice: Practice) -> None:
    """Keep the run, and forget the oldest ones; a verdict is never lost to a full disk."""
    from socle.baseline import evidence  # noqa: PLC0415
    from socle.evidence import store  # noqa: PLC0415

    try:
        store.keep(place, "run", finished, document)
        store.forget(place, evidence.read(practice.folder).keep_days, finished)
    except OSError as error:
        sys.stderr.write(f"{place}: this run is not kept: {error.strerror}\n")
