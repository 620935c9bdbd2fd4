"""Judge what was seen from outside.

The last look at each port counts, whichever attestation it stands in. Nobody has looked yet:
unknown. Somebody did, and it is no proof any more (too long ago, another address, a signature that
is not good): the promise of a fresh look is broken. A port that was open at the last look is a
failure whatever its age, until somebody looks again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import NamedTuple

from socle.evidence.signature import CLOCKS
from socle.exposure.model import Attestation, Port, Scan
from socle.exposure.recognised import Association, recognised
from socle.exposure.store import Signed
from socle.messages import Message, Words, message
from socle.verify.verdicts import Verdict

MAX_AGE_DAYS = 90
_AGAIN = Message(
    "from another line (a phone's, a server's elsewhere): socle exposure attest PRACTICE"
)
_CLOSE = message(
    "remove this port's forwarding, DMZ or IPv6 opening from the Internet box, or declare it in "
    "exposure.yml where it is wanted; then {again}",
    again=_AGAIN,
)


class Open(NamedTuple):
    """A port that answered and should not have."""

    address: str
    port: Port
    when: datetime
    """The last look."""
    since: datetime
    """The first of the looks, one after the other, that found it open."""


class _Gap(NamedTuple):
    """Why nobody can say that nothing is open."""

    verdict: Verdict
    reason: Message


@dataclass(frozen=True)
class Judged:
    """The verdict; ``fix`` is empty where there is nothing to do."""

    verdict: Verdict
    seen: Message
    wanted: Words = ""
    fix: Words = ""
    open: tuple[Open, ...] = ()
    oldest: datetime | None = None
    """When the longest-ago look at a port that matters was; None: not all were looked at."""
    ports: int = 0
    """How many TCP ports of each current address were looked at, the fewest."""
    proven: bool = False
    """Whether each look was seen to come from another line; else who signed says so."""


@dataclass
class _Known:
    """The last look at each port of one address."""

    when: dict[int, datetime] = field(default_factory=dict)
    open: dict[int, Port] = field(default_factory=dict)
    since: dict[int, datetime] = field(default_factory=dict)
    proven: bool = True
    """Whether each look was seen to come from another line; else who signed says so."""

    def add(self, scan: Scan, when: datetime) -> None:
        self.proven = self.proven and scan.vantage == "outside"
        self.open.update({port.port: port for port in scan.open})
        for port in (port for state in scan.closed for port in scan.not_open(state)):
            self.open.pop(port, None)
            self.since.pop(port, None)
            self.when[port] = when
        for opened in scan.open:
            self.since.setdefault(opened.port, when)
            self.when[opened.port] = when


def judge(
    attestations: Sequence[Signed],
    current: Sequence[str],
    now: datetime,
    max_age_days: int = MAX_AGE_DAYS,
    declared: Collection[int] = (),
    *,
    lab: bool = False,
) -> Judged:
    """What the attestations say of the practice's ``current`` public addresses.

    ``declared``: ports that may answer; an imaging program that lets a stranger in may not, even
    there. ``lab``: attempts in a lab count. All moments know their time zone.
    """
    wanted = message(
        "a signed look from another line, {days} days old at most, that found nothing open",
        days=max_age_days,
    )
    known = {address: _known(attestations, address, now, lab=lab) for address in current}
    found = tuple(_open(known, frozenset(declared)))
    if found:
        seen = message("{ports;}", ports=[_in_words(one) for one in found])
        return Judged(Verdict.FAIL, seen, wanted, _CLOSE, found)
    gap = _gap(attestations, known, now - timedelta(days=max_age_days), lab=lab)
    if gap:
        return Judged(gap.verdict, gap.reason, wanted, _AGAIN)
    oldest = min(one.when[port] for one in known.values() for port in recognised().ports)
    ports = min(len(one.when) for one in known.values())
    proven = all(one.proven for one in known.values())
    seen = message(
        "{n} TCP ports of {addresses} looked at since {day}: none open undeclared"
        if proven
        else "{n} TCP ports of {addresses} looked at since {day}: none open undeclared; "
        "that this was from another line is the word of who signed",
        n=ports,
        addresses=current,
        day=_day(oldest),
    )
    return Judged(Verdict.PASS, seen, oldest=oldest, ports=ports, proven=proven)


def _known(attestations: Sequence[Signed], address: str, now: datetime, *, lab: bool) -> _Known:
    usable = [one.attestation for one in attestations if _usable(one, now)]
    looks = [
        (attestation.finished, scan)
        for attestation in usable
        if attestation is not None
        for scan in attestation.scans
        if scan.address == address and (lab or scan.vantage != "lab")
    ]
    found = _Known()
    for when, scan in sorted(looks, key=lambda one: one[0]):
        found.add(scan, when)
    return found


def _usable(one: Signed, now: datetime) -> bool:
    return (
        not one.trouble and one.attestation is not None and one.attestation.finished <= now + CLOCKS
    )


def _open(known: dict[str, _Known], declared: frozenset[int]) -> Iterator[Open]:
    for address, one in known.items():
        for number, port in sorted(one.open.items()):
            if number not in declared or port.images:
                yield Open(address, port, one.when[number], one.since[number])


def _gap(
    attestations: Sequence[Signed], known: dict[str, _Known], limit: datetime, *, lab: bool
) -> _Gap | None:
    """What is missing; None where everything was looked at, and lately."""
    if not attestations:
        nobody = Message("not measured: nobody has looked from outside yet")
        return _Gap(Verdict.UNKNOWN, nobody)
    if not known:
        nowhere = Message("not measured: the current public address is not known")
        return _Gap(Verdict.UNKNOWN, nowhere)
    wanted = recognised().ports
    for address, one in known.items():
        if not one.when:
            return _never(attestations, address, lab=lab)
        missing = [port for port in wanted if port not in one.when]
        if missing:
            never = message(
                "not measured: {address} port {ports} was never looked at from outside",
                address=address,
                ports=_list(missing),
            )
            return _Gap(Verdict.UNKNOWN, never)
        oldest = min(one.when[port] for port in wanted)
        if oldest < limit:
            then = message(
                "not measured since {day}: {address} was looked at then, not later",
                day=_day(oldest),
                address=address,
            )
            return _Gap(Verdict.FAIL, then)
    return None


def _never(attestations: Sequence[Signed], address: str, *, lab: bool) -> _Gap:
    """No look at ``address`` counts. There are attestations: for what else, or why do they not?"""
    troubles: list[str | Message] = [one.trouble for one in attestations if one.trouble]
    altered = any(one.trouble and one.attestation is not None for one in attestations)
    version = ip_address(address).version
    others = {
        scan.address
        for one in attestations
        for scan in _scans(one.attestation, lab=lab)
        if scan.address != address and ip_address(scan.address).version == version
    }
    if others:
        troubles.append(message("others are for {addresses}", addresses=sorted(others)))
    verdict = Verdict.FAIL if altered or others else Verdict.UNKNOWN
    none = message("not measured: no attestation for {address} counts", address=address)
    if troubles:
        none = message("{none}: {troubles;}", none=none, troubles=troubles)
    return _Gap(verdict, none)


def _scans(attestation: Attestation | None, *, lab: bool) -> Iterator[Scan]:
    if attestation is not None:
        yield from (s for s in attestation.scans if lab or s.vantage != "lab")


def _in_words(one: Open) -> Message:
    usual = recognised().purpose(one.port.port)
    what = message(
        "{address} port {port}/tcp ({usual}) open on {day}"
        if usual
        else "{address} port {port}/tcp open on {day}",
        address=one.address,
        port=one.port.port,
        day=_day(one.when),
        **({"usual": Message(usual)} if usual else {}),
    )
    return message("{parts}", parts=[what, *_more(one.port)])


def _more(port: Port) -> list[Message]:
    protocols = [one for one in recognised().protocols if one.name in port.spoken]
    for one in protocols:
        if port.spoken[one.name] is Association.ACCEPTED:
            return [Message(one.granted)]
    if port.product:
        return [message("{product} answers a stranger", product=port.product)]
    return [
        Message(one.spoken) for one in protocols if port.spoken[one.name] is not Association.NONE
    ]


def _list(ports: Sequence[int]) -> Message:
    shown = list(map(str, ports[:5]))
    if len(ports) <= len(shown):
        return message("{ports}", ports=shown)
    return message("{ports} and {n} more", ports=shown, n=len(ports) - len(shown))


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
