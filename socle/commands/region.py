"""``socle region``: how a region stands, from the bundles of its practices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

if TYPE_CHECKING:
    from socle.evidence.signature import Trust
    from socle.region.codes import Codes
    from socle.region.survey import Reading, Survey
    from socle.region.tally import Tally


def region(
    folder: Path,
    *,
    html: Path | None = None,
    csv: Path | None = None,
    refused: Path | None = None,
    codes: Path | None = None,
    allowed_signers: Path | None = None,
    revoked: Path | None = None,
    authorities: Path | None = None,
    baseline: Path | None = None,
    as_judged: bool | None = None,
    stale_days: Annotated[int, Parameter(validator=Number(gte=1))] = 90,
    workers: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    state: Path | None = None,
    language: Literal["fr", "en"] = "fr",
) -> int:
    """Judge the newest bundle of every machine of many practices: one page, one table, no names.

    Can be stopped and run again: only what is new is read and judged. Exit code: 0 all holds, 1 a
    promise is broken somewhere, 3 something is unknown or a file was refused, 2 the words are
    wrong.

    Parameters
    ----------
    folder
        Bundles, in folders of any depth, signatures beside them.
    html
        Write the page here.
    csv
        Write the table here: a row for each practice and control.
    refused
        Write the files that were refused here, and why, one a line: PATH, tab, reason.
    codes
        YAML file, `practice: code` a line; other practices get a code that only you can make.
    allowed_signers
        Who may sign; without it signatures are not checked, and the page says so.
    revoked
        Revoked keys: public keys, or a KRL.
    authorities
        Certificates of time stamping authorities (PEM).
    baseline
        Resolve the settings again, against this folder with group_vars/.
    as_judged
        Take the verdicts of the bundles; --no-as-judged judges all again. Else: again, but where
        the very same checks judged already.
    stale_days
        From which age on evidence is called old.
    workers
        Processes that read and judge, else one a core.
    state
        Folder for results and the key of the codes, else your own state folder.
    language
        Of the page.
    """
    from datetime import datetime  # noqa: PLC0415 - `socle --help` needs none of these

    from socle.baseline.digests import baseline_digest  # noqa: PLC0415
    from socle.baseline.loading import check_region, own_root  # noqa: PLC0415
    from socle.commands import region_screen as screen  # noqa: PLC0415
    from socle.evidence.store import operator_state  # noqa: PLC0415
    from socle.region.cache import Cache  # noqa: PLC0415
    from socle.region.codes import Codes, key_of, read_codes  # noqa: PLC0415
    from socle.region.pool import cores  # noqa: PLC0415
    from socle.region.survey import Survey  # noqa: PLC0415
    from socle.region.tally import Tally  # noqa: PLC0415
    from socle.report.region import write_csv, write_html  # noqa: PLC0415
    from socle.report.region_view import Origin  # noqa: PLC0415

    place = state or operator_state() / "region"
    names = Codes(key_of(place), read_codes(codes) if codes else None)
    trust = _trust(allowed_signers, revoked, authorities)
    root, now = own_root(), datetime.now().astimezone()
    if baseline is not None:
        check_region(baseline.absolute(), root)
    with Cache(place) as cache:
        survey = Survey(
            cache,
            root,
            now=now,
            workers=workers or cores(),
            baseline=baseline,
            as_judged=as_judged,
            trust=trust,
        )
        tally = Tally(survey.controls.values(), now, stale_days)
        reading = _judged(survey, folder, tally, names)
    origin = Origin(
        older=reading.older,
        mixed=len(reading.mixed),
        refused=len(reading.refused),
        as_judged=bool(as_judged),
        other_baseline=baseline is not None,
        signatures=trust is not None,
        here=baseline_digest(root),
    )
    if html is not None:
        write_html(tally, origin, html, language)
    if csv is not None:
        write_csv(tally, csv)
    left_out = sorted([*reading.refused, *survey.refused], key=lambda one: one.path)
    if refused is not None:
        screen.write_list(left_out, refused)
    screen.name(left_out)
    return screen.conclude(tally, reading, left_out)


def _judged(survey: Survey, folder: Path, tally: Tally, names: Codes) -> Reading:
    """Read the bundles in the folder; the newest of each machine, judged, goes into the tally."""
    from socle.commands.region_screen import bar  # noqa: PLC0415
    from socle.region.survey import bundles  # noqa: PLC0415

    files = bundles(folder)
    with bar("reading", len(files)) as step:
        reading = survey.read(files, step)
    with bar("judging", len(reading.newest)) as step:
        for machine in survey.judge(reading, step):
            tally.add(machine, names.of(machine.head.practice))
    return reading


def _trust(signers: Path | None, revoked: Path | None, authorities: Path | None) -> Trust | None:
    import shutil  # noqa: PLC0415

    from socle.commands.evidence_sign import trust  # noqa: PLC0415
    from socle.errors import SocleError  # noqa: PLC0415

    if signers is None:
        if revoked or authorities:
            raise SocleError("expected --allowed-signers FILE with these words: whom to believe?")
        return None
    if shutil.which("ssh-keygen") is None:
        raise SocleError("ssh-keygen checks signatures: install openssh-client")
    return trust(None, signers, revoked, authorities)
