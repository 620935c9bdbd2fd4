"""Who signed a piece of evidence, when, and whether one byte changed since.

An altered byte of the file, of its manifest or of its signature is always found. The time in the
manifest is the signer's claim; only a time stamp (RFC 3161) proves it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from socle import harmless
from socle.errors import SocleError
from socle.evidence import files, sshsig
from socle.evidence.manifest import (
    COMPANIONS,
    MANIFEST,
    SIGNATURE,
    STAMP,
    Manifest,
    Unreadable,
    beside,
    companion,
    describe,
    parse,
    utc,
)

if TYPE_CHECKING:
    from socle.evidence.timestamp import Stamp

CLOCKS = timedelta(minutes=10)  # by which honest clocks may differ


class State(StrEnum):
    """What can be said of a piece of evidence. Only ``good`` is good."""

    GOOD = "good"
    UNSIGNED = "unsigned"
    FILE_MISSING = "file missing"
    ALTERED = "altered"
    OTHER_PURPOSE = "other purpose"
    BAD_STAMP = "bad time stamp"
    UNKNOWN_SIGNER = "unknown signer"
    NOT_VALID = "key not valid"  # not at the time of the signature, or nobody can tell
    REVOKED = "key revoked"
    NOT_ITS_OWN = "not its own"  # the key vouches for another machine or practice


@dataclass(frozen=True)
class Trust:
    """Whom to believe.

    ``signers``: an allowed_signers file (ssh-keygen(1)), times in UTC. ``revoked``: a list of
    revoked keys (public keys, or a KRL). ``authorities``: certificates of time stamping
    authorities (PEM), roots and whatever lies between.
    """

    signers: Path
    revoked: Path | None = None
    authorities: Path | None = None

    def check(self) -> None:
        """Raise SocleError where one of the files is missing."""
        for needed in (self.signers, self.revoked, self.authorities):
            if needed is not None and not needed.is_file():
                raise SocleError(f"{needed}: expected a file with keys, there is none")


@dataclass(frozen=True)
class Result:
    """What was found; ``detail`` is a sentence for people, empty where there is nothing to add."""

    file: Path
    state: State
    detail: str = ""
    signer: str | None = None  # the name in allowed_signers
    key: str | None = None  # "SHA256:…"
    claimed: datetime | None = None  # the signer's clock
    stamp: Stamp | None = None  # only a good one

    @property
    def good(self) -> bool:
        """Whether somebody known signed exactly these bytes."""
        return self.state is State.GOOD


def sign(file: Path, key: Path, now: datetime | None = None) -> Manifest:
    """Sign ``file``: writes its manifest and its signature beside it, the older ones are gone.

    Raises SocleError: the file cannot be read, or is none that can be verified later (a link,
    more than 1 GiB), or ``key`` cannot sign.
    """
    if file.name.endswith(COMPANIONS):
        raise SocleError(f"{file}: expected evidence to sign, this is a signature's own file")
    try:
        manifest = describe(file, now or datetime.now(UTC))
        signature = sshsig.sign(manifest.as_bytes(), key)
        for suffix in (SIGNATURE, STAMP):  # never an old signature beside a new manifest
            beside(file, suffix).unlink(missing_ok=True)
        files.replace(beside(file, MANIFEST), manifest.as_bytes())
        files.replace(beside(file, SIGNATURE), signature)
    except OSError as error:
        raise SocleError(f"{file}: cannot sign: {error.strerror}") from None
    return manifest


def stamp(file: Path, url: str, authorities: Path) -> Stamp:
    """Have the signature of ``file`` time stamped: writes ``FILE.tsr``.

    Raises `timestamp.Unavailable` when the authority gives no good stamp; the signature stands.
    """
    from socle.evidence import timestamp  # noqa: PLC0415 - hosts that sign have no such library

    try:
        answer, found = timestamp.request(beside(file, SIGNATURE).read_bytes(), url, authorities)
        files.replace(beside(file, STAMP), answer)
    except OSError as error:
        raise SocleError(f"{file}: cannot keep its time stamp: {error.strerror}") from None
    return found


def verify(file: Path, trust: Trust, now: datetime | None = None) -> Result:
    """Judge ``file`` by what lies beside it.

    Raises SocleError: a file of ``trust`` is missing, or ``file`` cannot be read.
    """
    trust.check()
    try:
        return _verify(file, trust, now or datetime.now(UTC))
    except OSError as error:
        raise SocleError(f"{file}: cannot be read: {error.strerror}") from None


def misfit(file: Path) -> str:
    """Why the signature beside ``file`` does not fit it, whoever made it.

    Empty where it does, and where there is none. Raises OSError.
    """
    there = [name for name in (MANIFEST, SIGNATURE) if beside(file, name).is_file()]
    if not there:
        return ""
    if len(there) == 1:
        return f"{beside(file, there[0]).name} stands alone beside it"
    try:
        message = companion(file, MANIFEST)
        sshsig.check_form(companion(file, SIGNATURE))
        sshsig.fingerprint(beside(file, SIGNATURE), message)
        return _differs(file, parse(message))
    except (sshsig.Bad, Unreadable, SocleError) as reason:
        return str(reason)


def _verify(file: Path, trust: Trust, now: datetime) -> Result:
    result = Result(file, State.UNSIGNED)
    missing = [name for name in (MANIFEST, SIGNATURE) if not beside(file, name).is_file()]
    if not file.is_file():
        if len(missing) == 2:  # noqa: PLR2004 - both
            raise SocleError(f"{file}: expected evidence to verify, there is no such file")
        return replace(result, state=State.FILE_MISSING, detail="its signature is here, it is not")
    if missing:
        absent = " and ".join(beside(file, name).name for name in missing)
        return replace(result, detail=f"no {absent} beside it")
    try:
        message = companion(file, MANIFEST)
        sshsig.check_form(companion(file, SIGNATURE))
        manifest = parse(message)
    except (sshsig.Bad, Unreadable, SocleError) as reason:
        return replace(result, state=State.ALTERED, detail=str(reason))
    result = replace(result, claimed=manifest.signed_at)
    difference = _differs(file, manifest)
    good = None
    if not difference:
        good = _good(_with_stamp(result, trust.authorities), message, trust, now)
    return good or _why_not(result, message, difference, trust, now)


def _why_not(
    result: Result, message: bytes, difference: str, trust: Trust, now: datetime
) -> Result:
    """What is wrong with evidence that is not simply good. ``difference``: see `_differs`."""
    try:
        key = sshsig.fingerprint(beside(result.file, SIGNATURE), message)
    except sshsig.OtherPurpose as reason:
        return replace(result, state=State.OTHER_PURPOSE, detail=str(reason))
    except sshsig.Bad as reason:
        return replace(result, state=State.ALTERED, detail=str(reason))
    result = replace(result, key=key)
    if difference:
        return replace(result, state=State.ALTERED, detail=difference)
    return _judge_signer(_with_stamp(result, trust.authorities), message, trust, now)


def _good(result: Result, message: bytes, trust: Trust, now: datetime) -> Result | None:
    """The result where all is well, with the fewest calls of ssh-keygen; else None."""
    if result.state is State.BAD_STAMP or result.claimed is None:
        return None
    signature, moments = beside(result.file, SIGNATURE), _moments(result, result.claimed, now)
    if any(result.claimed > moment + CLOCKS for moment in moments):
        return None
    name, _ = sshsig.principal(signature, trust.signers, moments[0])
    if name is None:
        return None
    for moment in moments:
        key = sshsig.trusted(signature, message, trust.signers, name, moment, trust.revoked)
        if key is None:
            return None
    return replace(result, state=State.GOOD, signer=name, key=key)


def _moments(result: Result, claimed: datetime, now: datetime) -> list[datetime]:
    """When the key must have been valid: where a stamp says so, else by the claim and today.

    Whoever holds a key that ran out can claim any date.
    """
    return [result.stamp.time] if result.stamp else [claimed, now]


def _differs(file: Path, manifest: Manifest) -> str:
    """Why ``file`` is not the one that was signed; empty when it is."""
    size = file.stat().st_size  # nothing is read where that is enough
    if size != manifest.size:
        return f"{manifest.size} bytes were signed, these are {size}"
    try:
        seen = describe(file, manifest.signed_at)
    except SocleError as reason:
        return str(reason).removeprefix(f"{file}: ")
    if seen.size != manifest.size:
        return f"{manifest.size} bytes were signed, these are {seen.size}"
    if seen.sha256 != manifest.sha256:
        return "its content is not what was signed"
    if seen.file != manifest.file:
        name = harmless.line(manifest.file)
        return f"it was signed under the name {name}: give it that name again"
    return ""


def _with_stamp(result: Result, authorities: Path | None) -> Result:
    """The result with the time stamp of its signature, if there is a good one."""
    stamp = beside(result.file, STAMP)
    if not stamp.is_file():
        return result
    if authorities is None:
        return replace(result, detail="its time stamp was not checked: no authority is configured")
    from socle.evidence import timestamp  # noqa: PLC0415 - see `stamp`

    try:
        signed = companion(result.file, SIGNATURE)
        found = timestamp.check(companion(result.file, STAMP), signed, authorities)
    except timestamp.BadStamp as reason:
        return replace(result, state=State.BAD_STAMP, detail=str(reason))
    return replace(result, stamp=found)


def _judge_signer(result: Result, message: bytes, trust: Trust, now: datetime) -> Result:
    """The last question: is it the key of somebody who may sign, and was it then?"""
    if result.state is State.BAD_STAMP or result.claimed is None:
        return result
    signature = beside(result.file, SIGNATURE)
    claimed = result.claimed
    moments = _moments(result, claimed, now)
    for moment in moments:
        name, reason = sshsig.principal(signature, trust.signers, moment)
        if reason is not None:
            return replace(result, state=State.NOT_VALID, detail=_not_valid(reason, moment, result))
        if name is None:
            detail = f"its key {result.key} is not in {trust.signers}"
            return replace(result, state=State.UNKNOWN_SIGNER, detail=detail)
        result = replace(result, signer=name)
        if not sshsig.trusted(signature, message, trust.signers, name, moment, None):
            detail = f"{name} may not sign evidence, by {trust.signers}"
            return replace(result, state=State.UNKNOWN_SIGNER, detail=detail)
        revoked = trust.revoked
        if revoked and not sshsig.trusted(signature, message, trust.signers, name, moment, revoked):
            detail = f"{revoked} revokes this key, or cannot be read"
            return replace(result, state=State.REVOKED, detail=detail)
    if any(claimed > moment + CLOCKS for moment in moments):
        result = replace(result, detail="it claims a later time: the signer's clock was wrong")
    return replace(result, state=State.GOOD)


def _not_valid(reason: str, moment: datetime, result: Result) -> str:
    if result.stamp or moment == result.claimed:
        return f"its key was {reason} on {utc(moment)}"
    return f"its key is {reason} now, and no time stamp proves that it was signed before"
