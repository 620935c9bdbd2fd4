"""``notification.md``: the questions of a breach notification, filled in as far as facts are known.

In French alone: it is for the CNIL. What Socle does not know is marked « à compléter ».
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from socle import harmless
from socle.baseline.model import Control
from socle.report.drift import known
from socle.report.french import FRENCH
from socle.report.history import Run
from socle.report.typography import long_moment, typeset
from socle.verify.verdicts import Verdict

HOURS = 72
"""From the moment that the controller knows (GDPR, art. 33)."""
_WORST = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.WAIVED, Verdict.PASS)
_STATES = {
    Verdict.FAIL: "non tenu",
    Verdict.UNKNOWN: "non mesuré",
    Verdict.WAIVED: "non tenu, accepté par dérogation",
    Verdict.PASS: "tenu",
}


@dataclass(frozen=True)
class Known:
    """The facts. All moments know their time zone.

    ``seen``: sentences about what was measured. ``silent``: machine -> why it could not be asked.
    ``nature``: machine, what its programs know of the breach, the file that shows it. ``data``:
    what they know of the data concerned.
    """

    practice: str
    gathered: datetime
    since: datetime
    known: datetime | None
    approved_by: str | None
    seen: tuple[str, ...]
    machines: tuple[str, ...]
    silent: Mapping[str, str]
    nature: tuple[tuple[str, str, str], ...]
    data: tuple[str, ...]
    measures: tuple[tuple[str, str], ...]
    verified: datetime | None

    @property
    def deadline(self) -> datetime | None:
        """When the notification is due."""
        return self.known + timedelta(hours=HOURS) if self.known else None


def notification(facts: Known) -> str:
    """The document, in Markdown."""
    return typeset(_template().render(f=facts), "fr")


def measures(controls: Sequence[Control], runs: Sequence[Run]) -> tuple[tuple[str, str], ...]:
    """French title and state of each critical promise that applies: the worst of all machines."""
    last = known(runs)
    found = []
    for control in controls:
        given = {verdict for (_, one), verdict in last.items() if one == control.id}
        worst = next((verdict for verdict in _WORST if verdict in given), None)
        if control.severity == "critical" and worst is not None:
            found.append((control.title["fr"], _STATES[worst]))
    return tuple(found)


@cache
def _template() -> Template:
    environment = Environment(  # noqa: S701 - Markdown, not HTML
        loader=PackageLoader("socle.report"),
        undefined=StrictUndefined,
        finalize=harmless.markdown,
        keep_trailing_newline=True,
    )
    environment.filters["moment"] = lambda moment: long_moment(moment, "fr", FRENCH["paris"])
    return environment.get_template("notification.md.j2")
