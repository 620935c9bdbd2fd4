"""``socle region``: how a region stands, from the bundles of its practices."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

if TYPE_CHECKING:
    from socle.evidence.signature import Trust
    from socle.region.codes import Codes
    from socle.region.model import Head
    from socle.region.reading import Reading
    from socle.region.survey import Survey
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
    judge: Literal["sample", "all", "none"] = "sample",
    max_age_days: Annotated[int, Parameter(validator=Number(gte=1, lte=3660))] = 35,
    workers: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    state: Path | None = None,
    language: Literal["fr", "en"] = "fr",
) -> int:
    """Judge the newest bundle of every machine of many practices: one page, one table, no names.

    Can be stopped and run again: only what is new is read and judged. Exit code: 0 all holds and
    all that is expected is there; 1 a promise is broken somewhere; 3 something is unknown, old,
    silent or not to be trusted; 2 a file is no bundle that counts (it is named, the others are
    judged), or the words are wrong.

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
        YAML file of the practices that are expected, `practice: code` a line (its id or its name;
        `{code: CODE, signers: [NAME]}` says who signs for it); others get a code of their own.
    allowed_signers
        Who may sign, each for the own practice or machine; without it signatures are not checked,
        and the page says so.
    revoked
        Revoked keys: public keys, or a KRL.
    authorities
        Certificates of time stamping authorities (PEM).
    baseline
        Resolve the settings again, against this folder with group_vars/.
    judge
        Which verdicts are given again here: a sample of each signer's bundles and whatever got
        better (the rest is called declared by the practice), all, or none. Verdicts of other
        checks are given again unless it is none.
    max_age_days
        Older evidence says nothing of today: its machine is unknown.
    workers
        Processes that read and judge, else one a core.
    state
        Folder for results and the key of codes and samples, else your own state folder.
    language
        Of the page.
    """
    from datetime import datetime  # noqa: PLC0415 - `socle --help` needs none of these

    from socle.baseline.checkout import own_root  # noqa: PLC0415
    from socle.baseline.digests import baseline_digest  # noqa: PLC0415
    from socle.baseline.loading import check_region  # noqa: PLC0415
    from socle.commands import region_screen as screen  # noqa: PLC0415
    from socle.evidence import files  # noqa: PLC0415
    from socle.evidence.principals import practices  # noqa: PLC0415
    from socle.evidence.store import operator_state  # noqa: PLC0415
    from socle.region.cache import Cache  # noqa: PLC0415
    from socle.region.codes import Codes, key_of, read_codes  # noqa: PLC0415
    from socle.region.pool import cores  # noqa: PLC0415
    from socle.region.survey import Survey  # noqa: PLC0415
    from socle.region.tally import Tally  # noqa: PLC0415
    from socle.report.region import write_csv, write_html  # noqa: PLC0415
    from socle.report.region_view import Origin  # noqa: PLC0415

    for wanted in (html, csv, refused):
        if wanted is not None:
            files.try_place(wanted)
    place = state or operator_state() / "region"
    key = key_of(place)
    trust = _trust(allowed_signers, revoked, authorities)
    vouched = None
    if trust is not None:
        vouched = practices(trust.signers.read_text(encoding="utf-8", errors="replace"))
    names = Codes(key, read_codes(codes) if codes else None, vouched)
    root, now = own_root(), datetime.now().astimezone()
    if baseline is not None:
        check_region(baseline.absolute(), root)
    with Cache(place) as cache:
        survey = Survey(
            cache,
            root,
            now=now,
            workers=workers or cores(),
            max_age_days=max_age_days,
            key=key,
            judging=judge,
            baseline=baseline,
            trust=trust,
            names=names,
        )
        tally = Tally(survey.controls.values(), now, max_age_days)
        reading, silent = _judged(survey, folder, tally, names)
    origin = Origin(
        older=max(0, reading.count - sum(tally.sources.values())),
        back=len(survey.back),
        claimed=len(survey.claimed),
        renewed=reading.renewed,
        shared=len(survey.shared),
        refused=len(reading.refused),
        differing=len(survey.differing),
        judging=survey.judging,
        other_baseline=baseline is not None,
        signatures=trust is not None,
        expected=len(names.given) if codes else None,
        here=baseline_digest(root),
    )
    if html is not None:
        write_html(tally, origin, html, language)
    if csv is not None:
        write_csv(tally, csv)
    left_out = [*reading.refused, *survey.refused, *survey.differing]
    left_out.sort(key=lambda one: one.path)
    if refused is not None:
        screen.write_list(left_out, refused)
    screen.name(left_out)
    screen.name_back(survey.back)
    screen.name_silent(survey, silent, codes)
    return screen.conclude(tally, origin, len(left_out))


def _judged(
    survey: Survey, folder: Path, tally: Tally, names: Codes
) -> tuple[Reading, dict[str, str]]:
    """Read the bundles in the folder; the newest of each machine, judged, goes into the tally.

    Also the expected practices that sent nothing, each with the name that its own may be meant
    to be, or "".
    """
    from socle.commands.region_screen import bar  # noqa: PLC0415
    from socle.region.reading import bundles  # noqa: PLC0415

    def code(head: Head) -> str:
        return names.of(head.practice, head.id, shared=head.practice in survey.shared)

    files, unsearched = bundles(folder)
    with bar("reading", len(files)) as step:
        reading = survey.read(files, step)
    reading.refused += unsearched
    heard, others = set(), set()
    with bar("judging", len(reading.machines())) as step:
        for machine in survey.judge(reading, step):
            head = machine.head
            tally.add(machine, code(head))
            name = names.name_in(head.practice, head.id, shared=head.practice in survey.shared)
            heard.add(name)
            if name is None:
                others.add(head.practice)
    for head, machines in survey.silent.values():
        tally.add_silent(code(head), len(machines))
    silent = {}
    for name in names.given.keys() - heard:
        tally.add_silent(names.given[name].code, 0)
        silent[name] = next(iter(get_close_matches(name, sorted(others), 1, 0.75)), "")
    return reading, silent


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
