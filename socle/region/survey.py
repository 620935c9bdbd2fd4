"""Bundles of a region as a stream: the newest of each machine, with its verdicts."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from socle.baseline.model import Control
from socle.baseline.rooms import promises
from socle.errors import SocleError
from socle.evidence import files
from socle.evidence.principals import all_machines
from socle.evidence.signature import Trust
from socle.region import work
from socle.region.believing import Believed, Believer
from socle.region.cache import Cache
from socle.region.codes import Codes
from socle.region.judging import Judge, Step, machine_digest
from socle.region.model import Head, Judging, Machine, Refused, Source
from socle.region.pool import spread
from socle.region.reading import Key, Reading
from socle.verify.verdicts import Verdict

_VERDICTS = frozenset(map(str, Verdict))


class Survey:
    """How bundles are judged. What was found out stays in the cache if the run is killed.

    ``refused``: files that nobody vouches for, or that cannot be judged. ``differing``: bundles
    whose own verdicts are not those that their answers give. ``silent``: practice -> machines
    that it declares and that sent nothing; ``claimed``: those that only a machine's key declares,
    which count for nothing. ``back``: bundles that count, older than what counted before for
    their machine. ``shared``: names of several practices, or without an
    id and of a machine with two installations, which may be two practices.
    """

    def __init__(
        self,
        cache: Cache,
        root: Path,
        *,
        now: datetime,
        workers: int,
        max_age_days: int,
        key: bytes,
        judging: Judging = "sample",
        baseline: Path | None = None,
        trust: Trust | None = None,
        names: Codes | None = None,
    ) -> None:
        """``root``: the checkout whose checks judge. ``baseline``: settings are resolved again.

        ``judging``: which verdicts that the very same checks gave are given again: a sample of
        each signer's, all (so it is where nobody looks at signatures), or none, whatever checks
        gave them. ``key``: the secret that draws the sample. ``names``: what the region's own
        list says of practices.
        """
        if baseline is not None and not (baseline / "group_vars").is_dir():
            raise SocleError(f"{baseline}: expected a baseline, a folder with group_vars/")
        if baseline is not None and judging == "none":
            raise SocleError("expected --baseline or --judge none: stored verdicts had their own")
        self.controls: Mapping[str, Control] = {
            one.id: one for room in promises(root) for one in room.controls
        }
        self.refused: list[Refused] = []
        self.differing: list[Refused] = []
        self.silent: dict[str, tuple[Head, set[str]]] = {}
        self.claimed: dict[str, tuple[Head, set[str]]] = {}
        self.back: list[Refused] = []
        self.shared: set[str] = set()
        self._cache, self._now, self._workers = cache, now, workers
        self._oldest = now - timedelta(days=max_age_days)
        every = baseline is not None or (trust is None and judging == "sample")
        self.judging: Judging = "all" if every else judging
        self._names = names or Codes(key)
        self._believer = Believer(cache, trust, self._names, now, workers)
        self._judge = Judge(
            cache,
            root,
            controls=self.controls,
            workers=workers,
            key=key,
            judging=self.judging,
            baseline=baseline,
        )

    def read(self, paths: list[Path], step: Step) -> Reading:
        """Read every file; ``step`` is called after each."""
        reading = Reading(self._names.owner)

        def unread() -> Iterator[Path]:
            for path in paths:
                head = self._known(path)
                if head is None:
                    yield path
                else:
                    reading.add(head, path, self._now)
                    step()

        for path, found in spread(_named, unread(), self._workers):
            if isinstance(found, Refused):
                reading.refused.append(found)
            else:
                self._cache.keep_head(found)
                reading.add(found, path, self._now)
            step()
        return reading

    def judge(self, reading: Reading, step: Step) -> Iterator[Machine]:
        """Every machine with its verdicts, in any order; adds to what was refused."""
        believed = self._believer.newest(reading.machines())
        self.refused += self._believer.refused
        self._notice(believed)
        self._look_back(believed)
        young = {
            key: one
            for key, one in believed.items()
            if one.signed is not False and one.candidate.collected >= self._oldest
        }
        again, troubles = self._judge.again(young, step)
        self.differing += self._judge.differing
        for key, one in believed.items():
            source = Source.AGAIN if key in again else Source.DECLARED
            if key not in young:
                source = Source.OLD if one.signed is not False else Source.NONE
            yield self._machine(key, one, source, troubles.get(one.candidate.sha256))
            if key not in again:
                step()

    def _notice(self, believed: Mapping[Key, Believed]) -> None:
        """Which names are those of several practices, and who declared machines is silent.

        What nobody vouches for takes no name from a practice.
        """
        owners, heard = defaultdict(set), defaultdict(set)
        declared: dict[str, set[str]] = defaultdict(set)
        claimed: dict[str, set[str]] = defaultdict(set)
        heads: dict[str, Head] = {}
        installations: dict[tuple[str, str], set[str]] = defaultdict(set)  # owner, host
        for (owner, host, installed), one in believed.items():
            heard[owner].add(host)
            if one.signed is False:
                continue
            heads[owner] = head = self._cache.known(one.candidate.sha256)
            owners[head.practice].add(owner)
            installations[owner, host].add(installed)
            if one.candidate.collected >= self._oldest:
                said = claimed if all_machines(one.signer) else declared
                said[owner].update(head.hosts)
        self.shared = {name for name, of in owners.items() if len(of) > 1}
        self.shared |= {
            heads[owner].practice for (owner, _), of in installations.items() if len(of) > 1
        }
        for owner, head in heads.items():
            if missing := declared[owner] - heard[owner]:
                self.silent[owner] = head, missing
            if more := claimed[owner] - declared[owner] - heard[owner]:
                self.claimed[owner] = head, more

    def _look_back(self, believed: Mapping[Key, Believed]) -> None:
        """Whose newest evidence is gone, so that older evidence stands for today."""
        for (owner, host, installed), one in believed.items():
            if one.signed is False:
                continue
            # What counted while nobody looked at signatures says nothing of what is signed.
            machine = machine_digest((owner, host, f"{installed}/{one.signed}"))
            before, moment = self._cache.newest(machine), one.candidate.collected
            if before is None or moment > before:
                self._cache.keep_newest(machine, moment)
            elif moment < before:
                there = before.astimezone(moment.tzinfo)
                reason = f"evidence of {there:%Y-%m-%d %H:%M} counted before: where is it?"
                self.back.append(Refused(one.candidate.path, reason))

    def _machine(self, key: Key, one: Believed, source: Source, trouble: str | None) -> Machine:
        """The machine with what the cache knows by now."""
        head = self._cache.known(one.candidate.sha256)
        given: Mapping[str, str] | None = None
        if source is Source.DECLARED:
            given = head.verdicts
        elif source is Source.AGAIN:
            given = self._judge.verdicts(head.sha256)
        if trouble is not None:
            self.refused.append(Refused(one.candidate.path, trouble))
        if given is None:
            unknown = dict.fromkeys(self.controls, str(Verdict.UNKNOWN))
            source = Source.NONE if source is Source.AGAIN else source
            return Machine(head, unknown, source, one.signed)
        verdicts = {
            name: _verdict(control, head, given.get(name))
            for name, control in self.controls.items()
        }
        self._cache.keep_counted(machine_digest(key), head.sha256, verdicts)
        return Machine(head, verdicts, source, one.signed)

    def _known(self, path: Path) -> Head | None:
        try:
            content = files.read(path, work.LARGEST)
        except (OSError, SocleError):
            return None  # reading it says why
        return self._cache.head(hashlib.sha256(content).hexdigest())


def _named(path: Path) -> tuple[Path, Head | Refused]:
    return path, work.read(path)


def _verdict(control: Control, head: Head, given: str | None) -> str:
    if given in _VERDICTS:
        return str(given)
    in_scope = not head.groups or not set(control.applies_to).isdisjoint(head.groups)
    return str(Verdict.UNKNOWN if in_scope or given else Verdict.NOT_APPLICABLE)
