"""What workers do with one bundle: read it, judge it, look at its signature."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from socle.errors import SocleError
from socle.evidence import bundle, manifest, signature
from socle.evidence.model import Bundle
from socle.region.model import Found, Head, Job, Refused
from socle.verify.provenance import NAME as CHECKS

LARGEST = 32 << 20  # bytes; ours have some hundred thousand, and a stranger's fill no memory


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
    practice, host = stored.practice.name, stored.host.name
    declared = stored.practice.hosts.get(host)
    return Head(
        sha256=sha256,
        practice=practice,
        installed=stored.host.machine or "",
        machine=hashlib.sha256(f"{practice}\0{host}".encode("utf-8", "replace")).hexdigest()[:32],
        collected=stored.collected,
        socle=stored.software.socle,
        baseline=stored.baseline.digest,
        checks=stored.software.versions.get(CHECKS) or "",
        groups=declared.groups if declared else (),
        verdicts={one.control: one.verdict for one in stored.verdicts},
    )


def examine(
    job: Job,
    *,
    root: Path,
    baseline: Path | None,
    trust: signature.Trust | None,
    now: datetime,
) -> Found:
    """Judge a bundle again with the checks of ``root``, see who signed it, as far as asked for."""
    try:
        signed = _signature(job, trust, now) if job.sign and trust else None
    except (OSError, SocleError):
        signed = None  # nobody can tell: not good
    if not job.judge:
        return Found(job.sha256, signature=signed)
    try:
        content = _content(job.path)
        if hashlib.sha256(content).hexdigest() != job.sha256:
            return Found(job.sha256, trouble="it changed while it was read", signature=signed)
        verdicts = _judged(bundle.unpack(content, str(job.path), LARGEST), root, baseline)
    except SocleError as error:
        text = " ".join(str(error).split())
        return Found(job.sha256, trouble=f"it cannot be judged: {text}", signature=signed)
    except Exception as error:  # whatever a foreign bundle makes a check do
        kind = type(error).__name__
        return Found(job.sha256, trouble=f"it cannot be judged: {kind}", signature=signed)
    return Found(job.sha256, verdicts=verdicts, signature=signed)


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise SocleError(f"{path}: it is larger than {LARGEST >> 20} MiB: expected a bundle")
    return content


def _judged(stored: Bundle, root: Path, baseline: Path | None) -> dict[str, str]:
    from socle.verify.replay import judge  # noqa: PLC0415 - pytest; who only reads is fast

    _, outcomes = judge(stored, baseline, root)
    return {one.control: str(one.verdict) for one in outcomes}


def _signature(job: Job, trust: signature.Trust, now: datetime) -> str:
    result = signature.verify(job.path, trust, now)
    if result.good:
        said = manifest.parse(manifest.beside(job.path, manifest.MANIFEST).read_bytes())
        if said.sha256 != job.sha256:  # the file was replaced since it was read
            return str(signature.State.ALTERED)
    return str(result.state)
