"""Silence is an alert, too: whose newest good evidence is older than its limit?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from socle.errors import SocleError
from socle.evidence import bundle, files, principals
from socle.evidence.model import Practice
from socle.evidence.signature import CLOCKS, Trust, verify


@dataclass(frozen=True)
class Heard:
    """When a host was last heard of: the moment of its newest good bundle, None for never."""

    host: str
    last: datetime | None
    silent: bool


@dataclass(frozen=True)
class Refused:
    """A bundle that does not count, and why."""

    file: Path
    reason: str


@dataclass(frozen=True)
class Silence:
    """What a folder of bundles tells of a practice."""

    hosts: tuple[Heard, ...]
    refused: tuple[Refused, ...]

    @property
    def silent(self) -> tuple[Heard, ...]:
        """The hosts whose evidence is too old, or never came."""
        return tuple(heard for heard in self.hosts if heard.silent)


class _DoesNotCount(Exception):
    """Why a bundle is no sign of life."""


@dataclass(frozen=True)
class Listener:
    """Listens for the ``hosts`` of ``practice``: its folder's name, and its id if it has one."""

    practice: str
    id: str | None
    hosts: tuple[str, ...]
    trust: Trust
    limit: timedelta
    now: datetime

    def listen(self, folder: Path) -> Silence:
        """Judge the age of each host's newest good bundle below ``folder``.

        Good: somebody of ``trust`` signed exactly these bytes, for this practice and this host.
        The age counts from when it was collected, or signed if that claims to be earlier; the
        files' own dates say nothing. What comes from the future does not count.

        Bundles are read from the newest name on (a signature covers the name), until a host has
        a fresh one: what is older is not looked at. Raises SocleError: no such folder, or a file
        of ``trust`` is missing.
        """
        if not folder.is_dir():
            raise SocleError(f"{folder}: expected a folder with bundles")
        self.trust.check()
        listed, unsearched = files.below(folder)
        found = [one for one in listed if one.name.endswith(bundle.SUFFIX) and one.name[0] != "."]
        found.sort(key=lambda path: path.name, reverse=True)
        refused = [Refused(path, reason) for path, reason in unsearched.items()]
        heard = [self._hear(host, found, refused) for host in sorted(self.hosts)]
        return Silence(tuple(heard), tuple(refused))

    def _hear(self, host: str, paths: Iterable[Path], refused: list[Refused]) -> Heard:
        last: datetime | None = None
        for path in _named_after(host, paths):
            try:
                moment = self._moment(path, host)
            except _DoesNotCount as reason:
                refused.append(Refused(path, str(reason)))
                continue
            if moment is not None and (last is None or moment > last):
                last = moment
            if last is not None and self.now - last <= self.limit:
                return Heard(host, last, silent=False)
        return Heard(host, last, silent=True)

    def _moment(self, path: Path, host: str) -> datetime | None:
        """When the host said this; None: it is another practice's."""
        if not path.is_file():
            raise _DoesNotCount("expected a plain file")
        try:
            if path.stat().st_size > bundle.LARGEST:
                raise _DoesNotCount("it is too large for a bundle")
            result = verify(path, self.trust, self.now)
        except (OSError, SocleError) as error:  # the others are looked at
            raise _DoesNotCount(str(error)) from None
        if not result.good or result.claimed is None:
            raise _DoesNotCount(f"{result.state}: {result.detail}".removesuffix(": "))
        try:
            stored = bundle.read(path)
        except SocleError as error:
            raise _DoesNotCount(str(error)) from None
        if not self._ours(stored.practice):
            return None
        if stored.host.name != host:
            raise _DoesNotCount(f"it is a bundle of {stored.host.name}")
        signer = self._machine(result.signer or "")
        if signer not in {None, host}:
            raise _DoesNotCount(f"it was signed by another machine, {signer}")
        if max(stored.collected, result.claimed) > self.now + CLOCKS:
            raise _DoesNotCount("it comes from the future: the clock of its machine is wrong")
        return min(stored.collected, result.claimed)

    def _ours(self, practice: Practice) -> bool:
        if practice.id is None:  # an older version's
            return practice.name == self.practice
        return practice.id == self.id

    def _machine(self, principal: str) -> str | None:
        """The machine that signs under this name; None: a person."""
        vouched = principals.parse(principal)
        if vouched is not None:
            if vouched.practice != self.id:
                raise _DoesNotCount("its signer vouches for another practice")
            return vouched.host
        signer, _, practice = principal.partition("@")  # as older versions named machines
        return signer if practice == self.practice and signer in self.hosts else None


def _named_after(host: str, paths: Iterable[Path]) -> Iterator[Path]:
    """``HOST-TIME.bundle``: a host's name may have hyphens, a time has none."""
    return (path for path in paths if path.stem.rpartition("-")[0] == host)
