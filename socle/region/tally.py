"""Machines counted as they come: by control, practice, age and version. Codes, no names."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from socle.baseline.model import Control
from socle.region.model import Machine, Source
from socle.verify.verdicts import Verdict

VERDICTS = tuple(map(str, Verdict))
AGES = (7, 30, 90, 180, 365)  # days: upper ends of the groups of age, the last one is open
_PLACE = {verdict: number for number, verdict in enumerate(VERDICTS)}
_VERSION = re.compile(r"\d+(\.\d+)*[a-z0-9.+-]{0,12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class PracticeState:
    """A practice by its code. ``broken``, ``unknown``: controls, each once, by the worst machine.

    Of its ``machines``, ``old``: with evidence that is too old; ``silent``: declared, and never
    heard of; ``unsigned``: nobody known vouches for them; ``again``: judged again; ``declared``:
    with the verdicts that the practice declares. No machines: the practice itself is silent.
    ``newest``, ``oldest``: None where no evidence came.
    """

    code: str
    machines: int
    broken: tuple[str, ...]
    unknown: tuple[str, ...]
    newest: int | None
    oldest: int | None
    old: int
    silent: int
    unsigned: int
    again: int
    declared: int


@dataclass(frozen=True)
class Row:
    """One control in one practice, or (without ``practice``) in the region.

    ``counts``: verdict -> machines.
    """

    practice: PracticeState
    control: str
    counts: dict[str, int]


class _Practice:
    """What is counted of a practice: some hundred bytes."""

    __slots__ = ("counts", "machines", "newest", "oldest", "silent", "sources", "unsigned")

    def __init__(self, controls: int) -> None:
        self.counts = array("I", bytes(4 * controls * len(VERDICTS)))
        self.machines = self.silent = self.unsigned = 0
        self.newest: int | None = None
        self.oldest: int | None = None
        self.sources: Counter[Source] = Counter()


class Tally:
    """All that the page and the table say of a region."""

    def __init__(self, controls: Iterable[Control], now: datetime, max_age_days: int) -> None:
        """``max_age_days``: older evidence says nothing of today."""
        self.controls = tuple(controls)
        self.now, self.max_age_days = now, max_age_days
        self.machines = self.silent = 0
        self.sources: Counter[Source] = Counter()
        self.signed: Counter[bool | None] = Counter()
        self.ages = [0] * (len(AGES) + 1)
        self.versions: Counter[tuple[str, str]] = Counter()
        self._practices: dict[str, _Practice] = {}

    def add(self, machine: Machine, code: str) -> None:
        """Count a machine of the practice ``code``."""
        days = max(0, (self.now - machine.head.collected).days)
        self.sources[machine.source] += 1
        self.signed[machine.signed] += 1
        self.ages[sum(days > end for end in AGES)] += 1
        self.versions[
            _known(_VERSION, machine.head.socle), _known(_DIGEST, machine.head.baseline)
        ] += 1
        practice = self._counted(code, machine.verdicts)
        practice.oldest = days if practice.oldest is None else max(practice.oldest, days)
        practice.newest = days if practice.newest is None else min(practice.newest, days)
        practice.sources[machine.source] += 1
        practice.unsigned += machine.signed is False

    def add_silent(self, code: str, machines: int) -> None:
        """Count machines that the practice declares and that sent nothing; 0: it is all silent."""
        self._practices.setdefault(code, _Practice(len(self.controls)))
        self.silent += machines
        unknown = dict.fromkeys((control.id for control in self.controls), Verdict.UNKNOWN)
        for _ in range(machines):
            self._counted(code, unknown).silent += 1

    def _counted(self, code: str, verdicts: Mapping[str, str]) -> _Practice:
        self.machines += 1
        practice = self._practices.setdefault(code, _Practice(len(self.controls)))
        practice.machines += 1
        for number, control in enumerate(self.controls):
            place = number * len(VERDICTS) + _PLACE[verdicts[control.id]]
            practice.counts[place] += 1
        return practice

    def rows(self) -> Iterator[Row]:
        """A row for each practice and control, by code and in the order of the controls."""
        for state in self.practices():
            found = self._practices[state.code]
            for number, control in enumerate(self.controls):
                yield Row(state, control.id, _counts(found, number))

    def by_control(self) -> dict[str, dict[str, int]]:
        """Control -> verdict -> machines, in the whole region."""
        total = {control.id: dict.fromkeys(VERDICTS, 0) for control in self.controls}
        for row in self.rows():
            for verdict, count in row.counts.items():
                total[row.control][verdict] += count
        return total

    def practices(self) -> Iterator[PracticeState]:
        """The state of each practice, by code."""
        for code, found in sorted(self._practices.items()):
            counts = [(c.id, _counts(found, number)) for number, c in enumerate(self.controls)]
            broken = tuple(name for name, of in counts if of[Verdict.FAIL])
            unknown = tuple(
                name for name, of in counts if of[Verdict.UNKNOWN] and not of[Verdict.FAIL]
            )
            yield PracticeState(
                code,
                found.machines,
                broken,
                unknown,
                found.newest,
                found.oldest,
                found.sources[Source.OLD],
                found.silent,
                found.unsigned,
                found.sources[Source.AGAIN],
                found.sources[Source.DECLARED],
            )

    def silent_practices(self) -> int:
        """How many practices were expected and sent nothing."""
        return sum(not found.machines for found in self._practices.values())

    def __len__(self) -> int:
        """How many practices there are, silent ones too."""
        return len(self._practices)


def _counts(found: _Practice, number: int) -> dict[str, int]:
    start = number * len(VERDICTS)
    return dict(zip(VERDICTS, found.counts[start : start + len(VERDICTS)], strict=True))


def _known(form: re.Pattern[str], text: str) -> str:
    """What a bundle says of its making, if it has the form: no name slips onto the page."""
    return text if form.fullmatch(text) else ""
