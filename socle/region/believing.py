"""Whom to believe: the newest bundle of each machine that somebody signed who may vouch for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from socle.errors import SocleError
from socle.evidence.signature import State, Trust
from socle.evidence.vouching import Subject, may_vouch
from socle.region import work
from socle.region.cache import Cache
from socle.region.codes import Codes
from socle.region.model import Refused, Seal
from socle.region.reading import Candidate, Key
from socle.region.seals import Seals


@dataclass(frozen=True)
class Believed:
    """The bundle that stands for a machine. ``signed``: None where nobody looked.

    ``before``: the next older one, whoever signed it.
    """

    candidate: Candidate
    signed: bool | None
    signer: str
    before: Candidate | None


class Believer:
    """Looks at signatures from the newest bundle on, until one of the machine is good."""

    def __init__(
        self, cache: Cache, trust: Trust | None, names: Codes, now: datetime, workers: int
    ) -> None:
        """``names``: for whom the region's own list lets a name without an id sign.

        Raises SocleError: a file of ``trust`` is missing.
        """
        self.refused: list[Refused] = []
        self._cache, self._trust, self._names = cache, trust, names
        self._now, self._workers = now, workers
        self._seals = Seals(trust, now)

    def newest(self, machines: Mapping[Key, list[list[Candidate]]]) -> dict[Key, Believed]:
        """What stands for each machine: good, else (``signed`` is False) its newest bundle."""
        found: dict[Key, Believed] = {}
        left, place = dict(machines), 0
        while left:
            self._look(one for moments in left.values() for one in moments[place])
            for key, moments in list(left.items()):
                good = self._good(moments[place])
                last = place + 1 == len(moments)
                if good is not None:
                    before = None if last else moments[place + 1][0]
                    found[key] = self._believed(good, before)
                elif last:
                    found[key] = Believed(moments[0][0], signed=False, signer="", before=None)
                if key in found:
                    del left[key]
            place += 1
        return found

    def _good(self, candidates: list[Candidate]) -> Candidate | None:
        """The good one of a moment; what is not good is refused."""
        good = []
        for one in candidates:
            trouble = self._trouble(one)
            if trouble:
                self.refused.append(Refused(one.path, trouble))
            else:
                good.append(one)
        if len({one.sha256 for one in good}) > 1:
            for one in good:
                reason = "another bundle of this machine is of the same moment: neither counts"
                self.refused.append(Refused(one.path, reason))
            return None
        return good[0] if good else None

    def _believed(self, one: Candidate, before: Candidate | None) -> Believed:
        seal = self._seal(one)
        signed = None if seal is None else True
        return Believed(one, signed, seal.signer if seal else "", before)

    def _trouble(self, one: Candidate) -> str:
        """Why it is not believed; empty where it is, or where nobody is asked."""
        seal = self._seal(one)
        if seal is None:
            return ""
        if seal.state != State.GOOD:
            return f"not signed by anyone known: {seal.state or 'its signature cannot be read'}"
        head = self._cache.known(one.sha256)
        subject = Subject(head.practice, head.id or None, head.host)
        if may_vouch(seal.signer, subject, lambda name: self._names.bound(head, name)):
            return ""
        return f"{seal.signer} does not vouch for {head.host} of {head.practice}"

    def _seal(self, one: Candidate) -> Seal | None:
        digest = self._seals.of(one.path)
        if not digest:
            return None
        return self._cache.seal(one.sha256, digest) or Seal("")

    def _look(self, candidates: Iterable[Candidate]) -> None:
        """Find out what nobody knows yet; ssh-keygen works, so threads will do."""
        trust = self._trust
        if trust is None:
            return
        unknown = [
            (one, digest)
            for one in candidates
            if not self._cache.seal(one.sha256, digest := self._seals.of(one.path))
        ]

        def look(one: Candidate) -> Seal | None:
            try:
                return work.seal(one.path, one.sha256, trust, self._now)
            except (OSError, SocleError):
                return None  # nobody can tell: not good

        with ThreadPoolExecutor(self._workers) as pool:
            seals = pool.map(look, [one for one, _ in unknown])
            for (one, digest), seal in zip(unknown, seals, strict=True):
                if seal is not None:
                    self._cache.keep_seal(one.sha256, digest, seal)
