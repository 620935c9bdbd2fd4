"""Whether who signed a piece of evidence may vouch for it: only for the own practice or machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from socle.errors import SocleError
from socle.evidence import bundle
from socle.evidence.model import Bundle
from socle.evidence.principals import parse
from socle.evidence.signature import Result, State


@dataclass(frozen=True)
class Subject:
    """Whose evidence it is. ``practice``: its folder's name; ``id``: None in older bundles."""

    practice: str
    id: str | None
    host: str


@dataclass(frozen=True)
class Known:
    """A practice whose own list of signers is asked: the names in it need no id."""

    practice: str
    id: str | None
    hosts: tuple[str, ...]


def subject_of(stored: Bundle) -> Subject:
    """Whose evidence a bundle is, by its own words."""
    return Subject(stored.practice.name, stored.practice.id, stored.host.name)


def may_vouch(principal: str, subject: Subject, without_id: Callable[[str], bool]) -> bool:
    """Whether one of the names in ``principal`` ("a,b", as OpenSSH has it) vouches for it.

    ``without_id``: what counts for a name that says no practice's id.
    """
    return any(_vouches(name, subject, without_id) for name in principal.split(","))


def with_scope(result: Result, known: Known | None) -> Result:
    """The result; not good where the signer has no say in this evidence.

    ``known``: the practice whose signers were asked, else somebody's own list was.
    """
    if not result.good or result.signer is None:
        return result
    why_not = _trouble(result.file, result.signer, known)
    return replace(result, state=State.NOT_ITS_OWN, detail=why_not) if why_not else result


def _trouble(file: Path, principal: str, known: Known | None) -> str:
    """Why the signer has no say, in a sentence; empty where he has."""
    if file.suffix != bundle.SUFFIX:
        if all(_machine(name, known) for name in principal.split(",")):
            return "a machine vouches for its own bundles only"
        return ""
    try:
        subject = subject_of(bundle.read(file))
    except SocleError as error:
        return str(error)
    if known is not None and not _of(known, subject):
        return f"it is a bundle of another practice, {subject.practice}"
    if may_vouch(principal, subject, lambda name: _without_id(name, subject, known)):
        return ""
    return f"{principal} does not vouch for {subject.host} of {subject.practice}"


def _of(known: Known, subject: Subject) -> bool:
    if subject.id is None:  # an older version's
        return subject.practice == known.practice
    return subject.id == known.id


def _without_id(name: str, subject: Subject, known: Known | None) -> bool:
    return _machine(name, known) in {"", subject.host}


def _machine(name: str, known: Known | None) -> str:
    """The machine that signs under this name; empty for a person.

    HOST@PRACTICE is how older versions named the machines of a practice.
    """
    found = parse(name)
    if found is not None:
        return found.host or ""
    host, _, practice = name.partition("@")
    return host if known and practice == known.practice and host in known.hosts else ""


def _vouches(name: str, subject: Subject, without_id: Callable[[str], bool]) -> bool:
    found = parse(name)
    if found is None:
        return without_id(name)
    return found.practice == subject.id and found.host in {None, subject.host}
