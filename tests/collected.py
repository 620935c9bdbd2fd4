"""A live verification and the bundles that it leaves."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

from socle.baseline.model import Practice
from socle.evidence import bundle as files
from socle.evidence.model import Baseline, Bundle, Software
from socle.evidence.redaction import Redactor
from socle.verify.collect import Run, bundles
from socle.verify.connections import Connections
from socle.verify.recorder import Recorder
from socle.verify.run import verify
from socle.verify.verdicts import Outcome


def collected(
    practice: Practice, folder: Path, **how: list[str]
) -> tuple[list[Outcome], dict[str, Bundle]]:
    """Verify live, write the bundles into ``folder``; the outcomes, each host's bundle read again.

    ``how``: what to verify, as `socle.verify.run.verify` takes it.
    """
    notebook = Recorder()
    links = {}
    started = datetime.now().astimezone()

    class Listener:
        begin = check = outcome = staticmethod(lambda *_, **__: None)
        end = staticmethod(links.update)

    outcomes = verify(
        practice,
        connect=partial(Connections, notebook=notebook),
        moment=started,
        progress=Listener(),
        **how,
    )
    run = Run(
        practice,
        started,
        datetime.now().astimezone(),
        notebook.entries,
        outcomes,
        links,
        Software(socle="0"),
        Baseline(digest="0"),
    )
    written = [files.write(bundle, folder) for bundle in bundles(run)]
    return outcomes, {bundle.host.name: bundle for bundle in map(files.read, written)}


def said(outcomes: list[Outcome], masks: Redactor | None = None) -> dict[str, tuple[object, ...]]:
    """Control -> what it came to, without how long it took."""
    mask = masks.text if masks else str
    return {
        o.control: (o.verdict, o.grounds.each(mask), o.measured, o.unreachable) for o in outcomes
    }
