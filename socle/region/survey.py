"""Bundles of a region as a stream: the newest of each machine, with its verdicts."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from socle.baseline.digests import REGION, files_digest
from socle.baseline.model import Control
from socle.baseline.rooms import promises
from socle.errors import SocleError
from socle.evidence import files
from socle.evidence.signature import Trust
from socle.region import work
from socle.region.believing import Believed, Believer, Bound
from socle.region.cache import Cache
from socle.region.model import Found, Head, Job, Judging, Machine, Refused, Source
from socle.region.pool import spread
from socle.region.reading import Candidate, Key, Reading
from socle.region.sampling import better, sample
from socle.verify.provenance import checks_digest
from socle.verify.verdicts import Verdict

RENEWED = 300  # bundles judged in a process before a new one replaces it: pytest keeps some memory
_VERDICTS = frozenset(map(str, Verdict))
Step = Callable[[], None]


class Survey:
    """How bundles are judged. What was found out stays in the cache if the run is killed.

    ``refused``: files that nobody vouches for, or that cannot be judged. ``differing``: bundles
    whose own verdicts are not those that their answers give. ``silent``: practice -> machines
    that it declares and that sent nothing. ``shared``: names of several practices.
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
        bound: Bound = lambda _head, _name: False,
    ) -> None:
        """``root``: the checkout whose checks judge. ``baseline``: settings are resolved again.

        ``judging``: which verdicts that the very same checks gave are given again: a sample of
        each signer's, all (so it is where nobody looks at signatures), or none, whatever checks
        gave them. ``key``: the secret that draws the sample. ``bound``: see `Believer`.
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
        self.shared: set[str] = set()
        self._cache, self._root, self._now, self._workers = cache, root, now, workers
        self._oldest = now - timedelta(days=max_age_days)
        self._key, self._baseline = key, baseline
        every = baseline is not None or (trust is None and judging == "sample")
        self.judging: Judging = "all" if every else judging
        self._believer = Believer(cache, trust, bound, now, workers)
        self._checks = checks_digest(root)
        self._judge = self._checks
        if baseline is not None:
            self._judge += f" {files_digest(baseline, REGION)}"

    def read(self, paths: list[Path], step: Step) -> Reading:
        """Read every file; ``step`` is called after each."""
        reading = Reading()

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
        self._notice(believed, reading.shared)
        young = {
            key: one
            for key, one in believed.items()
            if one.signed is not False and one.candidate.collected >= self._oldest
        }
        again = self._chosen(young)
        troubles = self._judged([young[key].candidate for key in again], step)
        caught = {young[key].signer for key in again if self._differs(young[key].candidate)}
        more = [key for key in young if key not in again and young[key].signer in caught]
        troubles |= self._judged([young[key].candidate for key in more], step)
        for key in more:
            self._differs(young[key].candidate)
        again.update(more)
        for key, one in believed.items():
            source = Source.AGAIN if key in again else Source.DECLARED
            if key not in young:
                source = Source.OLD if one.signed is not False else Source.NONE
            yield self._machine(key, one, source, troubles.get(one.candidate.sha256))
            if key not in again:
                step()

    def _notice(self, believed: Mapping[Key, Believed], shared: Collection[str]) -> None:
        """Which names are those of several practices, and who declared machines is silent."""
        owners, heard = defaultdict(set), defaultdict(set)
        declared: dict[str, set[str]] = defaultdict(set)
        heads: dict[str, Head] = {}
        for (owner, host, _), one in believed.items():
            heard[owner].add(host)
            if one.signed is False:
                continue
            heads[owner] = head = self._head(one.candidate.sha256)
            owners[head.practice].add(owner)
            if one.candidate.collected >= self._oldest:
                declared[owner].update(head.hosts)
        self.shared = {name for name, of in owners.items() if len(of) > 1} | set(shared)
        for owner, head in heads.items():
            if missing := declared[owner] - heard[owner]:
                self.silent[owner] = head, missing

    def _chosen(self, young: Mapping[Key, Believed]) -> set[Key]:
        """Whose verdicts are given again at once."""
        if self.judging == "none":
            return set()
        heads = {key: self._head(one.candidate.sha256) for key, one in young.items()}
        again = {key for key in young if self.judging == "all" or not self._same(heads[key])}
        of_signers = defaultdict(list)
        for one in young.values():
            of_signers[one.signer].append(one.candidate.sha256)
        drawn = sample(of_signers, self._key)
        for key, one in young.items():
            if one.candidate.sha256 in drawn or self._better(key, one, heads[key]):
                again.add(key)
        return again

    def _same(self, head: Head) -> bool:
        """Whether the very same checks gave all the verdicts of a bundle."""
        return head.checks == self._checks and head.verdicts.keys() == self.controls.keys()

    def _better(self, key: Key, one: Believed, head: Head) -> bool:
        """Whether it says that something is good now that was not in what counted before."""
        counted = self._cache.counted(_digest(key))
        if counted is not None:
            sha256, verdicts = counted
            return sha256 != head.sha256 and better(head.verdicts, verdicts)
        before = self._cache.head(one.before.sha256) if one.before else None
        return before is not None and better(head.verdicts, before.verdicts)

    def _judged(self, candidates: list[Candidate], step: Step) -> dict[str, str]:
        """Judge again what was not yet; why it cannot be, by the bundle's digest."""
        jobs, troubles = [], {}
        for one in candidates:
            if self._cache.verdicts(one.sha256, self._judge) is None:
                jobs.append(Job(one.path, one.sha256))
            else:
                step()
        examine = partial(work.examine, root=self._root, baseline=self._baseline)
        found: Found
        for found in spread(examine, jobs, self._workers, renewed=RENEWED):
            if found.verdicts is not None:
                self._cache.keep_verdicts(found.sha256, self._judge, found.verdicts)
            elif found.trouble is not None:
                troubles[found.sha256] = found.trouble
            step()
        return troubles

    def _differs(self, one: Candidate) -> bool:
        """Whether its own verdicts are not what the very same checks give; names it."""
        head, again = self._head(one.sha256), self._cache.verdicts(one.sha256, self._judge)
        if self._baseline is not None or again is None or not self._same(head):
            return False
        other = [name for name, verdict in head.verdicts.items() if again.get(name) != verdict]
        if other:
            first = f"{other[0]}: {head.verdicts[other[0]]} there, {again.get(other[0])} here"
            reason = f"{len(other)} of its verdicts are not what its answers give ({first})"
            self.differing.append(Refused(one.path, reason))
        return bool(other)

    def _machine(self, key: Key, one: Believed, source: Source, trouble: str | None) -> Machine:
        """The machine with what the cache knows by now."""
        head = self._head(one.candidate.sha256)
        given: Mapping[str, str] | None = None
        if source is Source.DECLARED:
            given = head.verdicts
        elif source is Source.AGAIN:
            given = self._cache.verdicts(head.sha256, self._judge)
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
        self._cache.keep_counted(_digest(key), head.sha256, verdicts)
        return Machine(head, verdicts, source, one.signed)

    def _known(self, path: Path) -> Head | None:
        try:
            content = files.read(path, work.LARGEST)
        except (OSError, SocleError):
            return None  # reading it says why
        return self._cache.head(hashlib.sha256(content).hexdigest())

    def _head(self, sha256: str) -> Head:
        head = self._cache.head(sha256)
        if head is None:
            raise SocleError("the results of this run were removed while it ran: run again")
        return head


def _named(path: Path) -> tuple[Path, Head | Refused]:
    return path, work.read(path)


def _digest(key: Key) -> str:
    return hashlib.sha256("\0".join(key).encode("utf-8", "replace")).hexdigest()[:32]


def _verdict(control: Control, head: Head, given: str | None) -> str:
    if given in _VERDICTS:
        return str(given)
    in_scope = not head.groups or not set(control.applies_to).isdisjoint(head.groups)
    return str(Verdict.UNKNOWN if in_scope or given else Verdict.NOT_APPLICABLE)
