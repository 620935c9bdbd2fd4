"""Which bundles of a region are judged again, and what comes of it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from pathlib import Path

from socle.baseline.digests import REGION, files_digest
from socle.region import work
from socle.region.believing import Believed
from socle.region.cache import Cache
from socle.region.model import Found, Head, Job, Judging, Refused
from socle.region.pool import spread
from socle.region.reading import Candidate, Key
from socle.region.sampling import better, sample
from socle.verify.provenance import checks_digest

RENEWED = 300  # bundles judged in a process before a new one replaces it: pytest keeps some memory
Step = Callable[[], None]


class Judge:
    """Judges a share of the bundles again; the verdicts lie in the cache, by what judged.

    ``differing``: bundles whose own verdicts are not those that their answers give.
    """

    def __init__(
        self,
        cache: Cache,
        root: Path,
        *,
        controls: Collection[str],
        workers: int,
        key: bytes,
        judging: Judging,
        baseline: Path | None,
    ) -> None:
        """See `Survey`."""
        self.differing: list[Refused] = []
        self._cache, self._root, self._workers = cache, root, workers
        self._controls, self._key = controls, key
        self._judging, self._baseline = judging, baseline
        self._checks = checks_digest(root)
        self._digest = self._checks
        if baseline is not None:
            self._digest += f" {files_digest(baseline, REGION)}"

    def again(self, young: Mapping[Key, Believed], step: Step) -> tuple[set[Key], dict[str, str]]:
        """Whose verdicts are given again; why some cannot be, by the bundle's digest.

        Who signed one bundle that is not what it says has all of his judged.
        """
        chosen = self._chosen(young)
        troubles = self._examine((young[key].candidate for key in chosen), step)
        caught = {young[key].signer for key in chosen if self._lies(young[key], troubles)}
        more = {key for key in young.keys() - chosen if young[key].signer in caught}
        troubles |= self._examine((young[key].candidate for key in more), step)
        for key in more:
            self._lies(young[key], troubles)
        return chosen | more, troubles

    def verdicts(self, sha256: str) -> Mapping[str, str] | None:
        """The verdicts that were given again."""
        return self._cache.verdicts(sha256, self._digest)

    def _chosen(self, young: Mapping[Key, Believed]) -> set[Key]:
        """Whose verdicts are given again at once."""
        if self._judging == "none":
            return set()
        of_signers = defaultdict(list)
        for one in young.values():
            of_signers[one.signer].append(one.candidate.sha256)
        drawn = sample(of_signers, self._key)
        return {key for key, one in young.items() if self._is_chosen(key, one, drawn)}

    def _is_chosen(self, key: Key, one: Believed, drawn: Collection[str]) -> bool:
        if self._judging == "all" or one.candidate.sha256 in drawn:
            return True
        head = self._cache.known(one.candidate.sha256)
        return not self._same(head) or self._better(key, one, head)

    def _same(self, head: Head) -> bool:
        """Whether the very same checks gave all the verdicts of a bundle."""
        return head.checks == self._checks and head.verdicts.keys() == set(self._controls)

    def _better(self, key: Key, one: Believed, head: Head) -> bool:
        """Whether it says that something is good now that was not in what counted before."""
        counted = self._cache.counted(machine_digest(key))
        if counted is not None:
            sha256, verdicts = counted
            return sha256 != head.sha256 and better(head.verdicts, verdicts)
        before = self._cache.head(one.before.sha256) if one.before else None
        return before is not None and better(head.verdicts, before.verdicts)

    def _examine(self, candidates: Iterable[Candidate], step: Step) -> dict[str, str]:
        """Judge what was not judged yet; why it cannot be, by the bundle's digest."""
        jobs, troubles = [], {}
        for one in candidates:
            if self.verdicts(one.sha256) is None:
                jobs.append(Job(one.path, one.sha256))
            else:
                step()
        examine = partial(work.examine, root=self._root, baseline=self._baseline)
        found: Found
        for found in spread(examine, jobs, self._workers, renewed=RENEWED):
            if found.verdicts is not None:
                self._cache.keep_verdicts(found.sha256, self._digest, found.verdicts)
            elif found.trouble is not None:
                troubles[found.sha256] = found.trouble
            step()
        return troubles

    def _lies(self, one: Believed, troubles: Mapping[str, str]) -> bool:
        """Whether its own verdicts are not what the very same checks give; names it."""
        sha256 = one.candidate.sha256
        head, again = self._cache.known(sha256), self.verdicts(sha256)
        if self._baseline is not None or not self._same(head):
            return False
        if again is None:
            return sha256 in troubles  # it was judged then, it says, and cannot be
        other = [name for name, verdict in head.verdicts.items() if again.get(name) != verdict]
        if other:
            first = f"{other[0]}: {head.verdicts[other[0]]} there, {again.get(other[0])} here"
            reason = f"{len(other)} of its verdicts are not what its answers give ({first})"
            self.differing.append(Refused(one.candidate.path, reason))
        return bool(other)


def machine_digest(key: Key) -> str:
    """Under what the cache has a machine."""
    return hashlib.sha256("\0".join(key).encode("utf-8", "replace")).hexdigest()[:32]
