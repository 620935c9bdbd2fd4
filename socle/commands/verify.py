"""``socle verify``: which promise holds on which machine, now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from socle.commands.verify_screen import Screen

if TYPE_CHECKING:
    from socle.baseline.model import Practice
    from socle.verify.links import Link
    from socle.verify.recorder import Entry
    from socle.verify.verdicts import Outcome

Repeated = Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)]


def verify(
    practice: Path,
    *,
    limit: Repeated = None,
    control: Repeated = None,
    junit: Path | None = None,
    json: Path | None = None,
    html: Path | None = None,
    evidence: Path | None = None,
    ahead: bool = True,
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
    evidence
        Write a bundle a host into this folder: all questions and answers, without secrets.
    ahead
        Ask at once what the checks asked last time; --no-ahead asks each question at its time.
    language
        Of the report and of the controls' titles.
    verbose
        Show why a control does not apply, what each pass has seen, commands and seconds a host.
    """
    from socle.baseline import load  # noqa: PLC0415 - `socle --help` needs none of these
    from socle.verify.connections import Connections  # noqa: PLC0415
    from socle.verify.memory import Memory  # noqa: PLC0415
    from socle.verify.recorder import Recorder  # noqa: PLC0415
    from socle.verify.run import exit_code  # noqa: PLC0415
    from socle.verify.run import verify as judge  # noqa: PLC0415

    loaded = load(practice)
    screen = Screen(loaded, language, verbose=verbose)
    notebook = Recorder(Memory.of(loaded) if ahead else None)
    started = datetime.now().astimezone()
    with screen:
        outcomes = judge(
            loaded,
            limit=limit or (),
            controls=control or (),
            junit=junit,
            progress=screen,
            connect=partial(Connections, notebook=notebook),
            moment=started,
        )
    finished = datetime.now().astimezone()
    screen.conclude(outcomes, (finished - started).total_seconds())
    _write(loaded, outcomes, (started, finished), screen.os_names, json, html, language)
    if evidence is not None:
        _keep(loaded, outcomes, (started, finished), notebook.entries, screen.links, evidence)
    return exit_code(outcomes)


def _keep(  # noqa: PLR0917 - what a bundle is made of
    practice: Practice,
    outcomes: list[Outcome],
    period: tuple[datetime, datetime],
    entries: Sequence[Entry],
    links: Mapping[str, Link],
    folder: Path,
) -> None:
    """Write a bundle for each host, and say where."""
    from socle.evidence.bundle import write  # noqa: PLC0415
    from socle.evidence.model import Baseline, Software  # noqa: PLC0415
    from socle.report.data import baseline_digest, versions  # noqa: PLC0415
    from socle.verify.collect import Run, bundles  # noqa: PLC0415

    found = versions()
    software = Software(socle=str(found["socle"]), versions=found)
    baseline = Baseline(digest=baseline_digest(practice.root))
    run = Run(practice, *period, entries, outcomes, links, software, baseline)
    for bundle in bundles(run):
        print(f"evidence: {write(bundle, folder)}")  # noqa: T201


def _write(  # noqa: PLR0917 - what a report is made of
    practice: Practice,
    outcomes: list[Outcome],
    period: tuple[datetime, datetime],
    os_names: Mapping[str, str],
    json: Path | None,
    html: Path | None,
    language: str,
) -> None:
    """Write the report files that were asked for."""
    if json is None and html is None:
        return
    from socle.report.data import build, write_json  # noqa: PLC0415

    started, finished = period
    document = build(practice, outcomes, started=started, finished=finished, os_names=os_names)
    if json is not None:
        write_json(document, json)
    if html is not None:
        from socle.report.html import write_html  # noqa: PLC0415

        write_html(document, html, language)
