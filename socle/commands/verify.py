"""``socle verify``: which promise holds on which machine, now."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from socle.commands.machines import Repeated, tell_new
from socle.commands.verify_screen import Screen
from socle.errors import SocleError


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
    evidence: Path | None = None,
    ahead: bool = True,
    history: Path | None = None,
    keep: bool = True,
    since_last: Annotated[bool, Parameter(negative="")] = False,
    language: Literal["fr", "en"] = "fr",
    verbose: Annotated[bool, Parameter(alias="-v", negative="")] = False,
    durations: Annotated[int | bool, Parameter(negative="")] = False,
) -> int:
    """Judge every promise on every machine of a practice. Changes nothing that it judges.

    Exit code: 0 all holds (or is waived, or does not apply), 1 a promise is broken, 4 a machine
    could not be asked, 3 something else is unknown or a machine has no bundle, 2 the practice's
    files or the words are wrong.

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
    evidence
        Write a bundle a host into this folder: all questions and answers, without secrets.
    ahead
        Ask at once what the checks asked last time; --no-ahead asks each question at its time.
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
    durations
        Show what each control's check costs in seconds, over all hosts, the slowest first: of the N
        slowest with --durations N, else of all.
    """
    from socle.baseline import load  # noqa: PLC0415 - `socle --help` needs none of these
    from socle.baseline.known_machines import KnownMachines  # noqa: PLC0415
    from socle.commands import keeping  # noqa: PLC0415
    from socle.report import declared  # noqa: PLC0415
    from socle.report.data import build  # noqa: PLC0415
    from socle.report.files import write  # noqa: PLC0415
    from socle.verify.connections import Connections  # noqa: PLC0415
    from socle.verify.memory import Memory  # noqa: PLC0415
    from socle.verify.recorder import Recorder  # noqa: PLC0415
    from socle.verify.run import exit_code  # noqa: PLC0415
    from socle.verify.run import verify as judge  # noqa: PLC0415

    loaded = load(practice, identified=True)
    if durations is not False and durations < 1:
        raise SocleError(f"--durations: expected a number of controls, 1 or more, read {durations}")
    reports = {"json": json, "html": html, "pdf": pdf, "sarif": sarif, "oscal": oscal}
    written = {kind: path for kind, path in reports.items() if path}
    keeping.try_places(*written.values(), junit=junit)
    screen = Screen(loaded, language, verbose=verbose)
    place = keeping.history_of(loaded, history)
    past = keeping.past(place, loaded, needed=since_last)
    notebook = Recorder(Memory.of(loaded) if ahead else None)
    started = datetime.now().astimezone()
    with screen:
        outcomes = judge(
            loaded,
            limit=limit or (),
            controls=control or (),
            junit=junit,
            progress=screen,
            connect=partial(Connections, notebook=notebook, known=KnownMachines(loaded.folder)),
            moment=started,
        )
    finished = datetime.now().astimezone()
    screen.conclude(outcomes, (finished - started).total_seconds())
    if durations:
        screen.durations(outcomes, None if durations is True else durations, ahead=ahead)
    tell_new(loaded, screen.links)
    document = build(loaded, outcomes, started=started, finished=finished, os_names=screen.os_names)
    if keep:  # first: whatever becomes of the papers, the verdicts were given
        keeping.in_history(document, place, finished, loaded)
    write(document, written, language, past, declared.of(loaded.root))
    period = (started, finished)
    complete = evidence is None or keeping.as_bundles(
        loaded, outcomes, period, notebook.entries, screen.links, evidence
    )
    worse = since_last and keeping.got_worse(document, past, loaded, language)
    code = int(worse) if since_last else exit_code(outcomes)
    return code if complete else code or 3
