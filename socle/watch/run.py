"""A machine verifies itself: it measures, signs what it found, keeps it, says what got worse."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version

import socle
from socle.baseline.checkout import own_root
from socle.baseline.model import Practice
from socle.errors import SocleError
from socle.evidence import bundle, signature
from socle.evidence.manifest import COMPANIONS
from socle.evidence.model import Bundle, Software
from socle.verify import provenance
from socle.verify.collect import Run, bundles
from socle.verify.replay import practice_from
from socle.verify.run import verify
from socle.verify.verdicts import Outcome
from socle.watch import report
from socle.watch.declaration import PLACE, Declaration, read
from socle.watch.here import Here
from socle.watch.hostkeys import SIGNING, key
from socle.watch.report import STATE, Report
from socle.watch.secrets import known_here

ROOT = own_root()
"""The rooms that were delivered with this program."""
BUNDLES = "bundles"
_STANDS_ON = ("pytest", "pytest-testinfra", "pydantic")


def look(place: Path = PLACE, state: Path = STATE) -> Report:
    """Verify this machine, and keep the bundle and the report. Nobody is told yet.

    What keeps it from measuring stands in the report as its ``trouble``. Raises SocleError where
    not even that can be kept.
    """
    declared = read(place)
    before = report.last(state)
    blank = Report(
        host=declared.host,
        practice=declared.practice.name,
        time=_moment(datetime.now(UTC)),
        program=program(),
        verdicts=before.verdicts if before else {},
        told=before.told if before else (),
        own=declared.watch.control,
    )
    try:
        found = _measured(declared, blank, before, state)
    except SocleError as trouble:
        found = replace(blank, trouble=str(trouble))
    report.keep(found, state)
    report.forget_mended(found, state)
    return found


def program() -> str:
    """The version delivered that runs now: the folder's name, without what comes before it."""
    return ROOT.resolve().name.removeprefix("verify-")


def _measured(declared: Declaration, blank: Report, before: Report | None, state: Path) -> Report:
    with tempfile.TemporaryDirectory(prefix="socle-watch-") as name:
        folder = Path(name).resolve()
        practice = practice_from(declared.practice, declared.host, folder, ROOT)
        started = datetime.now().astimezone()
        found = Here(practice.hosts, declared.host)
        outcomes = verify(practice, limit=[declared.host], connect=lambda _: found, moment=started)
        finished = datetime.now().astimezone()
        made = _bundled(declared, practice, outcomes, (started, finished), found)
        kept = bundle.write(made, state / BUNDLES)
    signature.sign(kept, key(SIGNING, state))
    _forget(state / BUNDLES, declared.watch.keep_bundles)
    verdicts = {one.control: str(one.verdict) for one in outcomes}
    return replace(
        blank,
        time=_moment(started),
        seconds=round((finished - started).total_seconds(), 1),
        verdicts=verdicts,
        worse=report.got_worse(before.verdicts if before else {}, verdicts),
        bundle=kept.name,
    )


def _bundled(
    declared: Declaration,
    practice: Practice,
    outcomes: Sequence[Outcome],
    period: tuple[datetime, datetime],
    found: Here,
) -> Bundle:
    versions = {provenance.NAME: provenance.checks_digest(practice.root)}
    software = Software(socle=socle.__version__, versions={**_versions(), **versions})
    run = Run(
        practice=practice,
        started=period[0],
        finished=period[1],
        entries=found.notebook.entries,
        outcomes=outcomes,
        links=found.used(),
        software=software,
        baseline=declared.baseline,
        secrets=tuple(known_here()),
        folders=declared.folders,
    )
    return next(iter(bundles(run)))


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {"socle": socle.__version__, "python": python_version()}
    for name in _STANDS_ON:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def _forget(folder: Path, keep: int) -> None:
    """Remove the oldest bundles with their signatures; names sort by time."""
    for old in sorted(folder.glob(f"*{bundle.SUFFIX}"))[:-keep]:
        for path in (old, *(old.with_name(old.name + suffix) for suffix in COMPANIONS)):
            path.unlink(missing_ok=True)


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds")
