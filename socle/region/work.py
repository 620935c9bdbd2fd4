"""What is done with one bundle: read it, judge it, look at its signature."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from signal import ITIMER_REAL, SIGALRM, setitimer, signal

from socle.errors import SocleError
from socle.evidence import bundle, files, manifest, signature
from socle.evidence.model import Bundle
from socle.region.model import Found, Head, Job, Refused, Seal
from socle.verify.provenance import NAME as CHECKS

LARGEST = 32 << 20  # bytes; ours have some hundred thousand, and a stranger's fill no memory
SECONDS = 60  # a bundle is judged in less than one; a check that is still at work gives up


def read(path: Path) -> Head | Refused:
    """What the bundle at ``path`` says of itself, or why it counts for nothing."""
    try:
        content = _content(path)
        stored = bundle.unpack(content, str(path), LARGEST)
    except OSError as error:
        return Refused(path, f"it cannot be read: {error.strerror}")
    except SocleError as error:
        return Refused(path, str(error).removeprefix(f"{path}: "))
    except (RecursionError, MemoryError):
        return Refused(path, "it is no bundle that can be read here")
    return head_of(stored, hashlib.sha256(content).hexdigest())


def head_of(stored: Bundle, sha256: str) -> Head:
    """The small part of a bundle that is kept."""
    host = stored.host.name
    declared = stored.practice.hosts.get(host)
    return Head(
        sha256=sha256,
        practice=stored.practice.name,
        id=stored.practice.id or "",
        host=host,
        installed=stored.host.machine or "",
        collected=stored.collected,
        socle=stored.software.socle,
        baseline=stored.baseline.digest,
        checks=stored.software.versions.get(CHECKS) or "",
        groups=declared.groups if declared else (),
        hosts=tuple(stored.practice.hosts),
        verdicts={one.control: one.verdict for one in stored.verdicts},
    )


def examine(job: Job, *, root: Path, baseline: Path | None) -> Found:
    """Judge a bundle again with the checks of ``root``."""
    try:
        content = _content(job.path)
        if hashlib.sha256(content).hexdigest() != job.sha256:
            return Found(job.sha256, trouble="it changed while it was read")
        verdicts = _judged(bundle.unpack(content, str(job.path), LARGEST), root, baseline)
    except SocleError as error:
        text = " ".join(str(error).split())
        return Found(job.sha256, trouble=f"it cannot be judged: {text}")
    except Exception as error:  # whatever a foreign bundle makes a check do
        return Found(job.sha256, trouble=f"it cannot be judged: {type(error).__name__}")
    return Found(job.sha256, verdicts=verdicts)


def seal(path: Path, sha256: str, trust: signature.Trust, now: datetime) -> Seal:
    """What the signature of a bundle is worth. Raises OSError, SocleError."""
    result = signature.verify(path, trust, now)
    if result.good:
        said = manifest.parse(manifest.companion(path, manifest.MANIFEST))
        if said.sha256 != sha256:  # the file was replaced since it was read
            return Seal(str(signature.State.ALTERED))
    return Seal(str(result.state), result.signer or "")


def _content(path: Path) -> bytes:
    return files.read(path, LARGEST)


def _judged(stored: Bundle, root: Path, baseline: Path | None) -> dict[str, str]:
    from socle.verify.replay import judge  # noqa: PLC0415 - pytest; who only reads is fast

    with _in_time():
        _, outcomes = judge(stored, baseline, root)
    return {one.control: str(one.verdict) for one in outcomes}


@contextmanager
def _in_time() -> Iterator[None]:
    """A check that a bundle keeps busy ends, and is unknown; the next one has less time."""

    def give_up(*_: object) -> None:
        raise TimeoutError("this answer takes too long to judge")

    before = signal(SIGALRM, give_up)
    setitimer(ITIMER_REAL, SECONDS, SECONDS / 6)
    try:
        yield
    finally:
        setitimer(ITIMER_REAL, 0)
        signal(SIGALRM, before)
