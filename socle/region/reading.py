"""What lies in a region's folder: each machine with its bundles, the newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path

from socle.errors import SocleError
from socle.evidence.bundle import SUFFIX
from socle.evidence.files import below
from socle.evidence.signature import CLOCKS
from socle.region.model import Head, Refused

Key = tuple[str, str, str]  # the practice (`Codes.owner`), the host, which installation or ""


@dataclass(frozen=True)
class Candidate:
    """A bundle that may stand for its machine."""

    path: Path
    sha256: str
    collected: datetime
    installed: str


@dataclass
class Reading:
    """Bundles as they are read.

    ``owner``: which practice a bundle is of. ``renewed``: machines of a practice with an id that
    were installed anew.
    """

    owner: Callable[[Head], str]
    count: int = 0
    refused: list[Refused] = field(default_factory=list)
    renewed: int = 0
    _found: dict[tuple[str, str], list[Candidate]] = field(default_factory=dict)
    _with_id: set[str] = field(default_factory=set)

    def add(self, head: Head, path: Path, now: datetime) -> None:
        """Count a bundle; one from the future could hide what is true today."""
        if head.collected > now + CLOCKS:
            self.refused.append(Refused(path, "its date lies in the future: a clock is wrong"))
            return
        self.count += 1
        owner = self.owner(head)
        if head.id:
            self._with_id.add(owner)
        one = Candidate(path, head.sha256, head.collected, head.installed)
        self._found.setdefault((owner, head.host), []).append(one)

    def machines(self) -> Mapping[Key, list[list[Candidate]]]:
        """Each machine's bundles by moment, the newest first.

        Without a practice's id, two installations are two machines: neither hides the other.
        """
        machines: dict[Key, list[list[Candidate]]] = {}
        self.renewed = 0
        for (owner, host), found in self._found.items():
            found.sort(key=lambda one: (one.collected, one.sha256, one.path), reverse=True)
            installations = dict.fromkeys(one.installed for one in found if one.installed)
            if len(installations) < 2 or owner in self._with_id:  # noqa: PLR2004
                self.renewed += len(installations) > 1
                machines[owner, host, ""] = _by_moment(found)
                continue
            apart = defaultdict(list)
            for one in found:
                apart[one.installed or next(iter(installations))].append(one)
            for installed, own in apart.items():
                machines[owner, host, installed] = _by_moment(own)
        return machines


def bundles(folder: Path) -> tuple[list[Path], list[Refused]]:
    """The bundles in a folder and below, sorted; folders that were not searched.

    Raises SocleError: there is no bundle.
    """
    files, unsearched = below(folder)
    found = [
        path
        for path in files
        if path.name.endswith(SUFFIX) and not path.name.startswith(".")  # hidden: half-written
    ]
    if not found:
        raise SocleError(f"{folder}: expected a folder with bundles (*{SUFFIX}), found none")
    return found, [Refused(path, reason) for path, reason in unsearched.items()]


def _by_moment(found: list[Candidate]) -> list[list[Candidate]]:
    return [list(same) for _, same in groupby(found, key=lambda one: one.collected)]
