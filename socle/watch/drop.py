"""Evidence is dropped where the practice chose; what could not be delivered waits for the next run.

A reader never meets half a file, nor a bundle before its signature: files get their names when
they are whole, the companions first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from socle import harmless
from socle.evidence import files
from socle.evidence.manifest import COMPANIONS
from socle.watch.model import Attempt
from socle.watch.places import Folder, Piece, Sftp, Trouble

QUEUE = Path("/var/lib/socle/watch/queue")
KEPT = 60  # pieces of evidence that may wait: two months of days
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # nothing that sftp could read otherwise


def drop(evidence: Sequence[Path], place: Folder | Sftp, queue: Path = QUEUE) -> Attempt:
    """Deliver ``evidence`` (files with their manifests, signatures, stamps), and what waited.

    Oldest first, by name. The same file delivered twice is one file. Beyond `KEPT` pieces the
    oldest are given up, and the reason says so. Nothing is raised.
    """
    lost = 0
    try:
        _enqueue(evidence, queue)
        waiting = _pieces(queue)
        lost = max(0, len(waiting) - KEPT)
        for piece in waiting[:lost]:
            _done(piece)
        for piece in place.deliver(waiting[lost:]):
            _done(piece)
    except Trouble as trouble:
        reason = str(trouble)
    except OSError as error:
        reason = error.strerror or type(error).__name__
    else:
        return Attempt(place.way, place.to, ok=True, reason=_lost(lost))
    told = [reason, f"{len(_pieces(queue))} waiting", _lost(lost)]
    return Attempt(place.way, place.to, ok=False, reason="; ".join(filter(None, told)))


def _enqueue(evidence: Sequence[Path], queue: Path) -> None:
    """Copy into the queue, each file whole or not at all, its companions before it."""
    queue.mkdir(mode=0o700, parents=True, exist_ok=True)
    for leftover in queue.glob(".*"):  # of a run that was killed
        leftover.unlink()
    for file in sorted(evidence, key=lambda path: path.suffix not in COMPANIONS):
        if not _NAME.fullmatch(file.name):
            raise Trouble(f"{harmless.line(file.name)}: such a name is not sent")
        files.replace(queue / file.name, file.read_bytes())


def _pieces(queue: Path) -> list[Piece]:
    """What waits, oldest first; a companion whose file never came is none."""
    if not queue.is_dir():
        return []
    names = [path for path in queue.iterdir() if _NAME.fullmatch(path.name)]
    whole = sorted(path for path in names if path.suffix not in COMPANIONS)
    beside = [[path.with_name(path.name + suffix) for suffix in COMPANIONS] for path in whole]
    return [
        (*(one for one in companions if one in names), path)
        for path, companions in zip(whole, beside, strict=True)
    ]


def _done(piece: Piece) -> None:
    for file in reversed(piece):  # the evidence first: what is left of a killed run is no piece
        file.unlink(missing_ok=True)


def _lost(number: int) -> str:
    return f"{number} given up, the oldest" if number else ""
