"""What remains of a verification: bundles, the history, and what got worse since the last one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from socle.baseline import evidence
from socle.baseline.digests import baseline_digest, baseline_version
from socle.commands.console import say, warn
from socle.commands.differences import show
from socle.commands.history import kept
from socle.errors import SocleError
from socle.evidence import bundle, files, store
from socle.evidence.model import Baseline, Software
from socle.report.data import versions
from socle.report.drift import compare, known, regressions
from socle.report.history import NOTHING_KEPT, History, run_of
from socle.verify import provenance
from socle.verify.collect import Run, bundle_of, hosts

if TYPE_CHECKING:
    from socle.baseline.model import Practice
    from socle.verify.links import Link
    from socle.verify.recorder import Entry
    from socle.verify.verdicts import Outcome


def as_bundles(  # noqa: PLR0917 - what a bundle is made of
    practice: Practice,
    outcomes: Sequence[Outcome],
    period: tuple[datetime, datetime],
    entries: Sequence[Entry],
    links: Mapping[str, Link],
    folder: Path,
) -> bool:
    """Write a bundle for each host, and say where; whether there is one of each.

    Raises SocleError where the folder takes none.
    """
    found = versions()
    judged_by = provenance.checks_digest(practice.root)
    software = Software(socle=str(found["socle"]), versions={**found, provenance.NAME: judged_by})
    root = practice.root
    baseline = Baseline(version=baseline_version(root), digest=baseline_digest(root))
    run = Run(practice, *period, entries, list(outcomes), links, software, baseline)
    complete = True
    for name in hosts(run):
        try:
            made = bundle_of(run, name)
        except SocleError as error:  # one machine's words cost no other its evidence
            warn(str(error))
            complete = False
        else:
            say(f"evidence: {bundle.write(made, folder)}")
    return complete


def try_places(*reports: Path, junit: Path | None) -> None:
    """Raise SocleError where a report could not be written, before anything is judged."""
    for place in reports:
        files.try_place(place)
    if junit is not None:
        place = Path(os.path.expandvars(junit)).expanduser()  # as pytest reads it
        files.try_place(place, stream=True)


def history_of(practice: Practice, folder: Path | None) -> Path:
    """Where the practice's runs are kept: ``folder``, else where its evidence.yml says."""
    return folder or evidence.read(practice.folder).history


def past(place: Path, practice: Practice, *, needed: bool) -> History:
    """The runs before this one. Where they are not ``needed``, a verification does without."""
    try:
        return kept(place, practice)
    except SocleError as error:
        if needed:
            raise
        warn(str(error))
        return NOTHING_KEPT


def got_worse(
    document: Mapping[str, Any], earlier: History, practice: Practice, language: str
) -> bool:
    """Show what changed since each promise was last looked at; whether something got worse."""
    say()
    if not earlier.runs:
        say("since the last run: there is none yet, this one is the first")
        return False
    found = compare(known(earlier.runs), run_of(document))
    say(f"since the last run: {'' if found else 'nothing changed'}".rstrip())
    show(found, {c.id: c.title.get(language, c.id) for c in practice.controls})
    return bool(regressions(found))


def in_history(
    document: Mapping[str, Any], place: Path, finished: datetime, practice: Practice
) -> None:
    """Keep the run, and forget the oldest ones; a verdict is never lost to a full disk."""
    try:
        store.keep(place, "run", finished, document)
        store.forget(place, evidence.read(practice.folder).keep_days, finished)
    except OSError as error:
        warn(f"{place}: this run is not kept: {error.strerror}")
