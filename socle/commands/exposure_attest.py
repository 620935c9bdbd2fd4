"""``socle exposure attest``: a look at a practice's public addresses, from another line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from socle.commands.console import Screen, say
from socle.commands.machines import Repeated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from socle.baseline.evidence import EvidenceSettings
    from socle.exposure.declared import Declared
    from socle.exposure.model import Attestation, Port, Scan
    from socle.exposure.scan import Vantage

Rate = Annotated[int, Parameter(validator=Number(gte=1, lte=1000))]
_SHOW_ALL = 5000  # ports from which the progress is shown


def attest(
    practice: Path | None = None,
    *,
    address: Repeated = None,
    approved_by: str | None = None,
    ports: str | None = None,
    all_ports: Annotated[bool, Parameter(negative="")] = False,
    rate: Rate = 100,
    out: Path | None = None,
    key: Path | None = None,
    lab: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Look at a practice's public addresses from another line, and sign what was seen.

    Run it from a phone's line or from a server elsewhere: from inside, it refuses. It connects,
    reads status codes, asks for a DICOM association (Verification alone), and reads nothing else.
    Looking at other people's addresses without their consent may be an offence (in France: Code
    pénal, art. 323-1): the addresses in the practice's exposure.yml are looked at, and others only
    with --approved-by.
    Exit code: 0 nothing undeclared answers, 1 something does, 3 an address could not be looked at,
    2 the words are wrong, or it is run from inside.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    address
        Another address than those in exposure.yml (may be given again).
    approved_by
        Who answers for these addresses and allows the look; stands in the attestation.
    ports
        Other ports than those that matter: 22,80,8000-8100.
    all_ports
        All ports from 1 to 65535: a quarter of an hour.
    rate
        So many ports a second at most.
    out
        Write the attestation here, else into the practice's folder of attestations.
    key
        Sign with this key, else with the practice's.
    lab
        Look at private addresses too. The attestation says so, and proves nothing.
    """
    from datetime import datetime  # noqa: PLC0415 - `socle --help` needs none of these

    import socle  # noqa: PLC0415
    from socle.commands.evidence_sign import sign  # noqa: PLC0415
    from socle.commands.exposure import files_of  # noqa: PLC0415
    from socle.errors import SocleError  # noqa: PLC0415
    from socle.exposure import inside, store  # noqa: PLC0415
    from socle.exposure.model import Attestation  # noqa: PLC0415

    if practice is None and out is None:
        raise SocleError("expected PRACTICE, or --out FILE: where shall the attestation go?")
    declared, settings = files_of(practice) if practice else (None, None)
    _refuse_without_key(key, settings)
    places, consent = _consent(address, approved_by, declared)
    wanted = _ports(ports, all_ports=all_ports)
    vantages = {one: _vantage(one, lab=lab) for one in places}
    started = datetime.now().astimezone()
    scans = tuple(_look(one, wanted, vantages[one], rate) for one in places)
    attestation = Attestation(
        practice=practice.absolute().name if practice else None,
        socle=socle.__version__,
        started=started,
        finished=datetime.now().astimezone(),
        source=next(filter(None, map(inside.source_of, places)), None),
        approved_by=consent,
        scans=scans,
    )
    file = store.save(attestation, out, declared.folder if declared else Path())
    sign(file, practice=practice, key=key)
    return _tell(attestation, declared)


def _refuse_without_key(key: Path | None, settings: EvidenceSettings | None) -> None:
    """Before the look: it would be lost."""
    from socle.errors import SocleError  # noqa: PLC0415

    used = key or (settings.signing_key if settings else None)
    if used is None:
        raise SocleError("expected PRACTICE or --key KEY: whose signature is it?")
    if not used.is_file():
        raise SocleError(f"{used}: expected a key to sign with; make one: socle evidence keygen")


def _consent(
    named: Sequence[str] | None, approved_by: str | None, declared: Declared | None
) -> tuple[list[str], str]:
    """The addresses to look at, and who allowed it."""
    from socle.errors import SocleError  # noqa: PLC0415

    allowed = declared.addresses if declared else ()
    places = list(dict.fromkeys(_address(one) for one in named or allowed))
    if not places:
        raise SocleError(
            "expected the practice's public addresses: public_addresses in its exposure.yml, "
            "or --address IP --approved-by NAME"
        )
    others = [one for one in places if one not in allowed]
    if others and not (approved_by or "").strip():
        raise SocleError(
            f"--approved-by: expected who answers for {', '.join(others)} and allows the look: "
            "looking at other people's addresses may be an offence"
        )
    return places, approved_by or (declared.approved_by if declared else None) or ""


def _address(text: str) -> str:
    from ipaddress import ip_address  # noqa: PLC0415

    from socle.errors import SocleError  # noqa: PLC0415

    try:
        return str(ip_address(text))
    except ValueError:
        raise SocleError(f"--address: expected an IPv4 or IPv6 address, read {text}") from None


def _ports(words: str | None, *, all_ports: bool) -> list[int]:
    from socle.errors import SocleError  # noqa: PLC0415
    from socle.exposure.ports import EVERY, parse  # noqa: PLC0415
    from socle.exposure.recognised import recognised  # noqa: PLC0415

    if words and all_ports:
        raise SocleError("expected --ports or --all-ports, read both")
    if all_ports:
        return list(EVERY)
    try:
        return parse(words) if words else list(recognised().ports)
    except ValueError as word:
        raise SocleError(f"--ports: expected ports such as 22,80,8000-8100, read {word}") from None


def _vantage(address: str, *, lab: bool) -> Vantage:
    """From where this is seen. Raises SocleError where a look would prove nothing."""
    from socle.errors import SocleError  # noqa: PLC0415
    from socle.exposure import inside  # noqa: PLC0415

    if lab:
        return "lab"
    if reason := inside.why_not(address):
        raise SocleError(f"{address}: refused: {reason}")
    return "outside" if inside.distance(address) == "far" else "declared"


def _look(address: str, ports: Sequence[int], vantage: Vantage, rate: int) -> Scan:
    from rich.progress import Progress  # noqa: PLC0415

    from socle.exposure.scan import look  # noqa: PLC0415

    with Progress(console=Screen(stderr=True), disable=len(ports) < _SHOW_ALL) as bar:
        task = bar.add_task(address, total=len(ports))
        return look(
            address, ports, vantage, rate=rate, tell=lambda done: bar.update(task, completed=done)
        )


def _tell(attestation: Attestation, declared: Declared | None) -> int:
    """Say what was seen; the exit code."""
    wanted = declared.open_ports if declared else frozenset()
    bad = unseen = False
    for scan in attestation.scans:
        say(f"{scan.address}: {_counts(scan)}")
        for port in scan.open:
            expected = port.port in wanted and not port.images
            bad = bad or not expected
            say(f"  {'declared' if expected else 'NOT DECLARED'}: {_port(port)}")
        unseen = unseen or bool(scan.unseen)
        if scan.vantage == "declared":
            say("  that this is another line is your word: no router on the way said so")
    if bad:
        return 1
    return 3 if unseen else 0


def _counts(scan: Scan) -> str:
    closed = {state: len(scan.not_open(state)) for state in scan.closed}
    tried = len(scan.open) + sum(closed.values())
    words = [f"{tried} ports tried", f"{len(scan.open)} open"]
    words += [f"{number} {state}" for state, number in closed.items()]
    if scan.unseen:
        words.append(f"could not be tried from here: {scan.unseen}")
    return ", ".join(words)


def _port(port: Port) -> str:
    from socle.exposure.recognised import recognised  # noqa: PLC0415

    rooms = recognised()
    words = [f"{port.port}/tcp", rooms.purpose(port.port), port.tls or ""]
    words += [f"GET {path} {status}" for path, status in port.http.items()]
    said = [(one.request, port.spoken.get(one.name, "none")) for one in rooms.protocols]
    words += [f"{request} {answer}" for request, answer in said if answer != "none"]
    words += [f"{port.product} lets a stranger in"] if port.product else []
    return ", ".join(word for word in words if word)
