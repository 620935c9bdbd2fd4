"""Doors that stood open: what the checks noted of them, in this run and in those before it.

A verdict alone says too little: the same promise is broken by an open port and by a look that is
too old. So a door is what a check noted as data, and one that two runs noted alike is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from socle.report.doorkinds import DoorKind
from socle.report.history import Run
from socle.verify.verdicts import Verdict

REMEMBERED = timedelta(days=90)  # doors that are closed by now: what the law asks does not end
_MOMENTS = ("since", "seen")


@dataclass(frozen=True)
class Door:
    """``since``: the first of the runs, one after the other, that found it; ``last``: the last.

    ``before``: the run before them that looked and did not find it. ``gone``: the first run after
    them that did not find it any more. None: there is no such run.
    """

    kind: DoorKind
    hosts: tuple[str, ...]
    facts: Mapping[str, Any]
    since: datetime
    last: datetime
    before: datetime | None
    gone: datetime | None

    @property
    def number(self) -> int | None:
        """The port as the Internet sees it, where it sees one."""
        return int(self.facts[self.kind.number]) if self.kind.number else None

    @property
    def worse(self) -> bool:
        """Whether what was found there is worse than an open door."""
        return bool(self.kind.worse and self.facts.get(self.kind.worse.field))


def doors(runs: Sequence[Run], kinds: Sequence[DoorKind]) -> list[Door]:
    """Those that the last of the ``runs`` found, or that were found in the 90 days before it."""
    known = {one.fact: one for one in kinds}
    seen = [_seen(run, known) for run in runs]
    keys = dict.fromkeys(key for found in reversed(seen) for key in found)
    made = {key: _door(key, known[key[0]], runs, seen) for key in keys}
    recent = runs[-1].finished - REMEMBERED if runs else None
    return [
        one
        for key, one in made.items()
        if key in seen[-1] or (recent is not None and one.last >= recent)
    ]


_Key = tuple[str, ...]


def _seen(
    run: Run, kinds: Mapping[str, DoorKind]
) -> dict[_Key, list[tuple[str, Mapping[str, Any]]]]:
    """Door -> the machines that noted it, and what they noted."""
    found: dict[_Key, list[tuple[str, Mapping[str, Any]]]] = {}
    for (host, control), facts in run.facts.items():
        for fact in facts:
            kind = kinds.get(fact["kind"])
            if kind and kind.control == control:
                place = "" if kind.shared else host
                what = (f"{k}={v}" for k, v in sorted(fact.items()) if k in kind.named_by)
                found.setdefault((kind.fact, control, place, *what), []).append((host, fact))
    alone = {one.control: one for one in kinds.values() if one.by_verdict}
    for (host, control), verdict in run.verdicts.items():
        if control in alone and verdict in (Verdict.FAIL, Verdict.WAIVED):
            found[alone[control].fact, control, host] = [(host, {})]
    return found


def _door(
    key: _Key,
    kind: DoorKind,
    runs: Sequence[Run],
    seen: Sequence[Mapping[_Key, list[tuple[str, Mapping[str, Any]]]]],
) -> Door:
    at = max(i for i, found in enumerate(seen) if key in found)
    first, before = at, None
    for i in range(at - 1, -1, -1):
        if key in seen[i]:
            first = i
        elif _looked(runs[i], key):
            before = runs[i].finished
            break
    gone = next((run.finished for run in runs[at + 1 :] if _looked(run, key)), None)
    noted = seen[at][key]
    facts = noted[0][1]
    since, last = (
        datetime.fromisoformat(facts[name]) if name in facts else runs[i].finished
        for name, i in zip(_MOMENTS, (first, at), strict=True)
    )
    before = before if before and before < since else None
    hosts = tuple(dict.fromkeys(host for host, _ in noted))
    return Door(kind, hosts, facts, since, last, before, gone)


def _looked(run: Run, key: _Key) -> bool:
    """Whether a run would have found the door: the promise held, or others like it were found.

    A promise may be broken by something else, before its check came to look for doors.
    """
    kind, control, place = key[:3]
    return any(
        verdict is Verdict.PASS or any(fact["kind"] == kind for fact in run.facts.get(pair, ()))
        for pair, verdict in run.verdicts.items()
        if pair[1] == control and place in ("", pair[0])
    )
