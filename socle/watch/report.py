"""What a machine found out about itself: ``last.json``, and what was acknowledged there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from socle.errors import SocleError
from socle.evidence import files
from socle.verify.changes import REGRESSIONS, change
from socle.verify.verdicts import Verdict
from socle.watch import broken

STATE = Path("/var/lib/socle/watch")
LAST, ACKNOWLEDGED = "last.json", "acknowledged.json"
SCHEMA = 1


@dataclass(frozen=True)
class Report:
    """One look of a machine at itself, without any detail of a check.

    ``verdicts``: control -> verdict. ``worse``: controls that are broken now and were not, or
    were good and cannot be measured any more. ``program``: the version delivered that looked.
    ``trouble``: why nothing was measured. ``attempts``: whom it tried to tell, and what came of
    it. ``told``: the broken promises of which the last mail spoke. ``own``: the control that
    judges the watch itself.
    """

    host: str
    practice: str
    time: str
    program: str
    seconds: float = 0.0
    verdicts: Mapping[str, str] = field(default_factory=dict)
    worse: tuple[str, ...] = ()
    bundle: str | None = None
    trouble: str | None = None
    attempts: tuple[Mapping[str, Any], ...] = ()
    told: tuple[str, ...] = ()
    own: str = ""

    @property
    def broken(self) -> list[str]:
        """The promises that do not hold, that of the watch itself aside."""
        return broken.broken(self.verdicts, own=self.own)


@dataclass(frozen=True)
class Acknowledgement:
    """Somebody knows that a promise is broken. Times are ISO 8601, UTC."""

    control: str
    who: str
    why: str
    when: str
    until: str


def last(state: Path = STATE) -> Report | None:
    """The last report; None where there is none, or none that can be read."""
    try:
        document = json.loads((state / LAST).read_text(encoding="utf-8"))
        if document.pop("schema") != SCHEMA:
            return None
        for name in ("worse", "attempts", "told"):
            document[name] = tuple(document[name])
        verdicts = document["verdicts"]
        document["verdicts"] = {control: Verdict(verdicts[control]) for control in verdicts}
        return Report(**document)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(report: Report, state: Path = STATE) -> None:
    """Replace the last report in one step, for root's eyes. Raises SocleError."""
    _write(state / LAST, {"schema": SCHEMA, **asdict(report)})


def got_worse(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """The promises that are broken and were not, or were good and are unknown now."""
    never_judged = Verdict.UNKNOWN
    return tuple(
        control
        for control, verdict in now.items()
        if change(Verdict(before.get(control, never_judged)), Verdict(verdict)) in REGRESSIONS
    )


def acknowledged(state: Path = STATE) -> list[Acknowledgement]:
    """All acknowledgements, those that ran out too."""
    try:
        found = json.loads((state / ACKNOWLEDGED).read_text(encoding="utf-8"))
        return [Acknowledgement(**one) for one in found]
    except (OSError, ValueError, TypeError):
        return []


def acknowledge(
    control: str,
    *,
    who: str,
    why: str,
    days: int,
    state: Path = STATE,
    now: datetime | None = None,
) -> Acknowledgement:
    """Note that ``who`` knows of a broken promise, for ``days``. Raises SocleError."""
    report = last(state)
    if report is None or control not in report.broken:
        known = ", ".join(report.broken if report else []) or "none"
        raise SocleError(f"acknowledge: expected a broken promise ({known}), read {control}")
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    until = moment + timedelta(days=days)
    made = Acknowledgement(control, who, why, moment.isoformat(), until.isoformat())
    others = [one for one in acknowledged(state) if one.control != control]
    _write(state / ACKNOWLEDGED, [asdict(one) for one in (*others, made)])
    return made


def forget_mended(report: Report, state: Path = STATE) -> None:
    """A promise that holds again and breaks once more has to be acknowledged anew."""
    before = acknowledged(state)
    kept = [one for one in before if report.verdicts.get(one.control) in {"fail", "unknown"}]
    if kept != before:
        _write(state / ACKNOWLEDGED, [asdict(one) for one in kept])


def ignored(report: Report, state: Path = STATE, now: datetime | None = None) -> list[str]:
    """The broken promises that nobody has acknowledged."""
    moment = now or datetime.now(UTC)
    known = ((one.control, one.until) for one in acknowledged(state))
    return broken.ignored(report.verdicts, known, moment, own=report.own)


def _write(path: Path, document: Any) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.replace(path, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())
    except OSError as error:
        raise SocleError(f"{path}: cannot be written: {error.strerror}") from None
