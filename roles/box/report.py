"""What the reports say of the box: the doors that it opened, and whether nobody found one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from socle.report.doorkinds import ON_THE_INTERNET, WHERE_TO_CLICK, DoorKind, Worse
from socle.report.rooms import Inside, RoomReport
from socle.report.typography import count, long_day
from socle.report.view import Page
from socle.report.words import Text

OUTSIDE, MAPPINGS = "external-exposure-attestation", "box-port-mappings"
CLOSE = Text(
    "Sur la box, page des redirections (NAT/PAT) et de la DMZ : fermer le port {ports}. "
    "Aucun réglage des machines ne le peut.|Sur la box, page des redirections (NAT/PAT) "
    "et de la DMZ : fermer les ports {ports}. Aucun réglage des machines ne le peut.",
    "On the box, page of port forwarding (NAT/PAT) and DMZ: close port {ports}. No "
    "setting of the machines can do that.|On the box, page of port forwarding (NAT/PAT) "
    "and DMZ: close ports {ports}. No setting of the machines can do that.",
)
QUIET = Text(
    "Vu depuis une autre ligne, aucun port non déclaré ne répondait : {n} port TCP "
    "essayé, le plus ancien le {day}.|Vu depuis une autre ligne, aucun port non déclaré "
    "ne répondait : {n} ports TCP essayés, le plus ancien le {day}.",
    "Seen from another line, no undeclared port answered: {n} TCP port tried, the longest"
    " ago on {day}.|Seen from another line, no undeclared port answered: {n} TCP ports "
    "tried, the longest ago on {day}.",
)
OPEN = DoorKind(
    fact="open",
    control=OUTSIDE,
    reach="internet",
    lead=ON_THE_INTERNET,
    what=Text(
        "Port {port} de {address}, joignable depuis Internet{usual}",
        "Port {port} of {address}, open to the Internet{usual}",
    ),
    whom=Text(
        "à toute personne sur Internet",
        "to anybody on the Internet",
    ),
    todo=(CLOSE, WHERE_TO_CLICK),
    named_by=("address", "port"),
    shared=True,
    number="port",
    worse=Worse(
        "images",
        what=Text(
            "Port {port} de {address}, joignable depuis Internet : un logiciel d'imagerie y "
            "laisse entrer un inconnu",
            "Port {port} of {address}, open to the Internet: an imaging program there lets a "
            "stranger in",
        ),
        lead=Text(
            "Depuis Internet, un logiciel d'imagerie laisse entrer un inconnu.",
            "From the Internet, an imaging program lets a stranger in.",
        ),
    ),
)
MAPPED = DoorKind(
    fact="mapping",
    control=MAPPINGS,
    reach="internet",
    lead=ON_THE_INTERNET,
    what=Text(
        "Redirection de la box : port {external_port}/{protocol} d'Internet vers {address}, "
        "port {port}",
        "The box's forwarding: port {external_port}/{protocol} of the Internet to {address}, "
        "port {port}",
    ),
    whom=Text(
        "à toute personne sur Internet, si cette machine répond",
        "to anybody on the Internet, if that machine answers",
    ),
    todo=(
        CLOSE,
        Text(
            "Sur la box : désactiver UPnP, sinon un programme rouvrira le port.",
            "On the box: switch UPnP off, or a program will open the port again.",
        ),
        WHERE_TO_CLICK,
    ),
    named_by=("protocol", "external_port", "address", "port"),
    shared=True,
    number="external_port",
)


def quiet(page: Page) -> Iterator[tuple[str, str]]:
    """That a look from another line found nothing, where one did and none found anything."""
    given = [p.verdicts.values() for p in page.promises if p.id == OUTSIDE]
    passed = [one for one in chain(*given) if one["verdict"] == "pass"]
    looks = [f for one in passed for f in one.get("facts", ()) if f["kind"] == "look"]
    if looks and not any(one["verdict"] in ("fail", "waived") for one in chain(*given)):
        day = long_day(min(datetime.fromisoformat(f["since"]) for f in looks), page.language)
        ports = min(f["ports"] for f in looks)
        yield "pass", count(QUIET.said(page.language), ports, page.language, day=day)


REPORT = RoomReport(
    sentences=quiet,
    doors=(OPEN, MAPPED),
    inside=(
        Inside(
            MAPPINGS,
            place=2,
            good=Text(
                "les redirections annoncées par la box, lues le {day}",
                "the box's port mappings, read on {day}",
            ),
            bad=Text(
                "le réglage de la box est à revoir, vu depuis {host} le {day}",
                "the box's settings have to be looked at, seen from {host} on {day}",
            ),
            missing=Text("les redirections de la box", "the box's port mappings"),
        ),
    ),
)
