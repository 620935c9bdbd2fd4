"""Bundles of a region as a stream: the newest of each machine, with its verdicts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from socle.baseline.digests import REGION, files_digest
from socle.baseline.model import Control
from socle.baseline.rooms import promises
from socle.errors import SocleError
from socle.evidence.bundle import SUFFIX
from socle.evidence.signature import State, Trust
from socle.region import work
from socle.region.cache import Cache
from socle.region.model import Found, Head, Job, Machine, Refused, Source
from socle.region.pool import spread
from socle.region.seals import Seals
from socle.verify.provenance import checks_digest
from socle.verify.verdicts import Verdict

RENEWED = 300  # bundles judged in a process before a new one replaces it: pytest keeps some memory
_CLOCKS = timedelta(days=1)  # by which honest clocks may differ
_VERDICTS = frozenset(map(str, Verdict))
Step = Callable[[], None]


@dataclass(frozen=True)
class Newest:
    """The newest bundle of a machine."""

    path: Path
    sha256: str
    collected: datetime
    installed: str


@dataclass
class Reading:
    """What lies in a folder.

    ``older``: bundles that a newer one of the same machine replaces. ``mixed``: machines whose
    bundles are not all of one installation.
    """

    newest: dict[str, Newest] = field(default_factory=dict)
    older: int = 0
    mixed: set[str] = field(default_factory=set)
    refused: list[Refused] = field(default_factory=list)

    def add(self, head: Head, path: Path, now: datetime) -> None:
        """Count a bundle."""
        if head.collected > now + _CLOCKS:
            self.refused.append(Refused(path, "its date lies in the future"))
            return
        before = self.newest.get(head.machine)
        if before is not None:
            self.older += 1
            if len({before.installed, head.installed} - {""}) > 1:
                self.mixed.add(head.machine)
            if (before.collected, before.sha256) >= (head.collected, head.sha256):
                return
        self.newest[head.machine] = Newest(path, head.sha256, head.collected, head.installed)


class Survey:
    """How bundles are judged. What was found out stays in the cache if the run is killed."""

    def __init__(
        self,
        cache: Cache,
        root: Path,
        *,
        now: datetime,
        workers: int,
        baseline: Path | None = None,
        as_judged: bool | None = None,
        trust: Trust | None = None,
    ) -> None:
        """``root``: the checkout whose checks judge. ``baseline``: settings are resolved again.

        ``as_judged``: take the verdicts of the bundles: always, never, or (None) where the very
        same checks gave them; with a baseline, never.
        """
        if baseline is not None and not (baseline / "group_vars").is_dir():
            raise SocleError(f"{baseline}: expected a baseline, a folder with group_vars/")
        if baseline is not None and as_judged:
            raise SocleError("expected --baseline or --as-judged: stored verdicts had their own")
        self.controls: Mapping[str, Control] = {
            one.id: one for room in promises(root) for one in room.controls
        }
        self.refused: list[Refused] = []
        self._cache, self._root, self._now, self._workers = cache, root, now, workers
        self._baseline, self._trust = baseline, trust
        self._seals = Seals(trust, now)
        self._as_judged = False if baseline is not None else as_judged
        self._checks = checks_digest(root)
        self._judge = self._checks
        if baseline is not None:
            self._judge += f" {files_digest(baseline, REGION)}"

    def read(self, files: list[Path], step: Step) -> Reading:
        """Read every file; ``step`` is called after each."""
        reading = Reading()

        def unread() -> Iterator[Path]:
            for path in files:
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
        """Every machine with its verdicts, in any order; adds to ``refused``."""
        jobs: dict[str, tuple[Job, str]] = {}
        for one in reading.newest.values():
            head, seal = self._head(one.sha256), self._seals.of(one.path)
            job = self._job(head, one.path, seal)
            if job is None:
                yield self._machine(head, one.path, seal)
                step()
            else:
                jobs[head.sha256] = job, seal
        examine = partial(
            work.examine,
            root=self._root,
            baseline=self._baseline,
            trust=self._trust,
            now=self._now,
        )
        work_left = [job for job, _ in jobs.values()]
        for found in spread(examine, work_left, self._workers, renewed=RENEWED):
            job, seal = jobs[found.sha256]
            self._keep(found, seal)
            yield self._machine(self._head(job.sha256), job.path, seal, found.trouble)
            step()

    def _known(self, path: Path) -> Head | None:
        try:
            with path.open("rb") as file:
                return self._cache.head(hashlib.file_digest(file, "sha256").hexdigest())
        except OSError:
            return None  # reading it says why

    def _head(self, sha256: str) -> Head:
        head = self._cache.head(sha256)
        if head is None:
            raise SocleError("the results of this run were removed while it ran: run again")
        return head

    def _stored(self, head: Head) -> bool:
        """Whether the bundle's own verdicts count."""
        if self._as_judged is not None:
            return self._as_judged
        return head.checks == self._checks and head.verdicts.keys() == self.controls.keys()

    def _job(self, head: Head, path: Path, seal: str) -> Job | None:
        """What nobody found out about a bundle yet."""
        judge = not self._stored(head) and self._cache.verdicts(head.sha256, self._judge) is None
        sign = bool(seal) and self._cache.signature(head.sha256, seal) is None
        return Job(path, head.sha256, judge, sign) if judge or sign else None

    def _keep(self, found: Found, seal: str) -> None:
        if found.verdicts is not None:
            self._cache.keep_verdicts(found.sha256, self._judge, found.verdicts)
        if found.signature is not None:
            self._cache.keep_signature(found.sha256, seal, found.signature)

    def _machine(self, head: Head, path: Path, seal: str, trouble: str | None = None) -> Machine:
        """The machine with what the cache knows by now."""
        stored = self._stored(head)
        given = head.verdicts if stored else self._cache.verdicts(head.sha256, self._judge)
        state = self._cache.signature(head.sha256, seal) if seal else None
        signed = None if not seal else state == State.GOOD
        if trouble is not None:
            self.refused.append(Refused(path, trouble))
        if signed is False:
            said = state or "its signature cannot be read"
            self.refused.append(Refused(path, f"not signed by anyone known: {said}"))
        if given is None or signed is False:
            unknown = dict.fromkeys(self.controls, str(Verdict.UNKNOWN))
            return Machine(head, unknown, Source.NONE, signed)
        source = Source.STORED if stored else Source.AGAIN
        return Machine(head, self._complete(head, given), source, signed)

    def _complete(self, head: Head, given: Mapping[str, str]) -> dict[str, str]:
        """A verdict for each control of today; what nobody measured is unknown."""
        return {
            name: _verdict(control, head, given.get(name))
            for name, control in self.controls.items()
        }


def bundles(folder: Path) -> list[Path]:
    """The bundles in a folder and below, sorted. Raises SocleError: there is none."""
    found = sorted(
        path
        for path in folder.rglob(f"*{SUFFIX}")
        if path.is_file() and not path.name.startswith(".")  # hidden: half-written
    )
    if not found:
        raise SocleError(f"{folder}: expected a folder with bundles (*{SUFFIX}), found none")
    return found


def _named(path: Path) -> tuple[Path, Head | Refused]:
    return path, work.read(path)


def _verdict(control: Control, head: Head, given: str | None) -> str:
    if given in _VERDICTS:
        return str(given)
    in_scope = not head.groups or not set(control.applies_to).isdisjoint(head.groups)
    return str(Verdict.UNKNOWN if in_scope or given else Verdict.NOT_APPLICABLE)
