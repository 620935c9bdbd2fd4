"""Silence is an alert, too: whose newest good evidence is older than its limit?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from socle.errors import SocleError
from socle.evidence import bundle
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


def listen(
    practice: str,
    hosts: Iterable[str],
    folder: Path,
    trust: Trust,
    limit: timedelta,
    now: datetime,
) -> Silence:
    """Judge the age of each host's newest good bundle below ``folder``.

    Good: somebody of ``trust`` signed exactly these bytes, for this practice and this host. The
    age counts from when it was collected, or signed if that claims to be earlier; the files' own
    dates say nothing. What comes from the future does not count.

    Bundles are read from the newest name on (a signature covers the name), until a host has a
    fresh one: what is older is not looked at. Raises SocleError: no such folder.
    """
    if not folder.is_dir():
        raise SocleError(f"{folder}: expected a folder with bundles")
    found = sorted(folder.rglob(f"*{bundle.SUFFIX}"), key=lambda path: path.name, reverse=True)
    candidates = [path for path in found if not path.name.startswith(".")]
    heard, refused = [], []
    for host in sorted(hosts):
        last: datetime | None = None
        for path in _named_after(host, candidates):
            moment = _moment(path, practice, host, trust, now)
            if isinstance(moment, Refused):
                refused.append(moment)
                continue
            if moment is not None and (last is None or moment > last):
                last = moment
            if last is not None and now - last <= limit:
                break
        heard.append(Heard(host, last, last is None or now - last > limit))
    return Silence(tuple(heard), tuple(refused))


def _named_after(host: str, paths: Iterable[Path]) -> Iterator[Path]:
    """``HOST-TIME.bundle``: a host's name may have hyphens, a time has none."""
    return (path for path in paths if path.stem.rpartition("-")[0] == host)


def _moment(
    path: Path, practice: str, host: str, trust: Trust, now: datetime
) -> datetime | Refused | None:
    """When the host said this; None: it is another practice's."""
    result = verify(path, trust, now)
    if not result.good or result.claimed is None:
        detail = f": {result.detail}" if result.detail else ""
        return Refused(path, f"{result.state}{detail}")
    try:
        stored = bundle.read(path)
    except SocleError as error:
        return Refused(path, str(error))
    if stored.practice.name != practice:
        return None
    if stored.host.name != host:
        return Refused(path, f"it is a bundle of {stored.host.name}")
    account, _, of = (result.signer or "").partition("@")
    if of == practice and account in stored.practice.hosts and account != host:
        return Refused(path, f"it was signed by another machine, {account}")
    moment = min(stored.collected, result.claimed)
    if max(stored.collected, result.claimed) > now + CLOCKS:
        return Refused(path, "it comes from the future: the clock of its machine is wrong")
    return moment
