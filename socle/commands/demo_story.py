"""The CNIL's case, told by the demo: what the Internet had of a practice, and what is left of it.

The server is a real Orthanc as its supplier left it, the box forwards a port that somebody entered
by hand and one that a program had it open, and the attacker uses curl and DCMTK. The studies are
of patients who do not exist.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from socle.commands.console import say
from socle.commands.labs import BOX
from socle.errors import SocleError

if TYPE_CHECKING:
    from socle.baseline.model import Practice
    from socle.lab import Lab
    from socle.lab.dicom import Modality

SERVER, MODALITY, VIEWER, ATTACKER = "imagerie", "echographe", "medecin", "attaquant"
SENT = 4
DOCTOR = "Dr Démo"


class StoryBroken(SocleError):
    """Something was not as the story has it: an attempt that should fail, or one that should not.

    The machines are still there to be looked at.
    """

    exit_code = 1


def hardened(machines: Lab) -> bool:
    """Whether Socle has been on the imaging server: then there is no "before" to see."""
    from socle.lab import run  # noqa: PLC0415

    return run(machines, SERVER, "test -e /etc/socle/imaging.json").returncode == 0


def box_is_open(machines: Lab) -> bool:
    """Whether the box forwards a port: a demo that stopped half-way has left it so."""
    from socle.lab.steps import do  # noqa: PLC0415

    return "dnat ip to" in do(machines, BOX, "nft list table inet box")


def as_found(machines: Lab) -> None:
    """The imaging server open to everybody, and the box that leads to it from the Internet."""
    from socle.lab import dicom  # noqa: PLC0415
    from socle.lab.steps import do, install  # noqa: PLC0415
    from socle.lab.upnp import OPEN_A_PORT  # noqa: PLC0415

    with ThreadPoolExecutor(max_workers=2) as pool:
        jobs = [
            pool.submit(dicom.open_server, machines, SERVER),
            pool.submit(_open_box, machines),
            *(pool.submit(install, machines, m, "dcmtk", "openssl") for m in (MODALITY, ATTACKER)),
        ]
        for job in jobs:
            job.result()
    ends = f"{_inside(machines)} {machines.machine(SERVER).addresses[0]}"
    do(machines, SERVER, f"python3 - {ends} 1 {dicom.DICOM}", OPEN_A_PORT)
    dicom.make_studies(machines, MODALITY, SENT + 1)
    sent = [f"{dicom.STUDIES}/study-{number}.dcm" for number in range(1, SENT + 1)]
    dicom.Modality(machines, MODALITY, SERVER).store(*sent)
    _say(f"{SERVER}: Orthanc as its supplier left it, with {SENT} studies from {MODALITY}")
    _say(f"{BOX}: port {dicom.HTTP} forwarded by hand, port {dicom.DICOM} opened by a program")


def attempts(machines: Lab, *, before: bool) -> None:
    """What the attacker gets, and what another account of the server reads.

    Raises:
        StoryBroken: something other than the story has.
    """
    from socle.lab import attacker, dicom  # noqa: PLC0415

    box = _outside(machines)
    had = {
        f"HTTP, port {dicom.HTTP}": attacker.by_web(machines, ATTACKER, box, dicom.HTTP),
        f"DICOM, port {dicom.DICOM}": attacker.by_dicom(
            machines, ATTACKER, box, dicom.DICOM, dicom.TITLE
        ),
    }
    for way, loot in had.items():
        colour = "red" if loot else "green"
        said = f"{loot.studies} studies listed, {loot.images} images downloaded"
        _say(f"{way:18}", said if loot else "nothing", colour)
    files = dicom.readable_files(machines, SERVER)
    colour = "red" if files else "green"
    _say(f"{'files on the disk':18}", f"{files} readable by any account of the server", colour)
    if any(bool(loot) is not before for loot in had.values()) or bool(files) is not before:
        raise StoryBroken(f"the attacker was to get {'all' if before else 'nothing'}: see above")


def work(machines: Lab, practice: Practice) -> None:
    """The modality sends and asks, a doctor looks: as before, now encrypted and with an account."""
    from socle.lab import dicom  # noqa: PLC0415

    settings = practice.hosts[SERVER].settings
    modality = _secured(machines, settings["imaging_dicom_port"], settings["imaging_aet"])
    modality.certify()
    modality.store(f"{dicom.STUDIES}/study-{SENT + 1}.dcm")
    found = modality.count()
    _say(f"{MODALITY:12}", f"stores a study and finds {found}, by DICOM over TLS", "green")
    account = settings["imaging_accounts"][0]
    login = (account, str(settings["imaging_passwords"][account]))
    seen = dicom.view(machines, VIEWER, SERVER, settings["imaging_https_port"], login)
    _say(f"{VIEWER:12}", f"sees {seen} studies, by HTTPS with an account", "green")
    if min(found, seen) <= SENT:
        raise StoryBroken(f"{SENT + 1} studies were to be found: see above")


def look_from_outside(machines: Lab, practice: Path, out: Path) -> None:
    """`socle exposure attest` from the attacker's line; the lab's addresses prove nothing."""
    from socle.lab import status  # noqa: PLC0415

    out.unlink(missing_ok=True)
    init = status(machines)[ATTACKER].init
    program = Path(sys.executable).with_name("socle")
    words = ["exposure", "attest", str(practice), "--lab", "--out", str(out)]
    words += ["--address", _outside(machines), "--approved-by", DOCTOR]
    there = ["nsenter", "--target", str(init), "--net", "--"]
    done = subprocess.run([*there, str(program), *words], check=False)
    if done.returncode not in (0, 1):
        raise StoryBroken(f"socle exposure attest ended with {done.returncode}: see above")


def close_box(machines: Lab) -> None:
    """What only the doctor can do: no forwarded port, no UPnP. Then the machine counts anew."""
    from socle.lab.box import Box, configure  # noqa: PLC0415
    from socle.lab.steps import do  # noqa: PLC0415

    configure(machines, BOX, Box())
    do(machines, SERVER, "nft reset counters table inet socle_canary")
    _say(f"{BOX}: forwarded port removed, UPnP switched off")
    _say(f"{SERVER}: nft reset counters table inet socle_canary")


def _open_box(machines: Lab) -> None:
    from socle.lab.box import Box, Forward, configure  # noqa: PLC0415
    from socle.lab.dicom import HTTP  # noqa: PLC0415

    server = machines.machine(SERVER).addresses[0]
    configure(machines, BOX, Box(forwards=(Forward("tcp", HTTP, server),), upnp=1))


def _secured(machines: Lab, port: int, called: str) -> Modality:
    from socle.lab.dicom import Modality  # noqa: PLC0415

    return Modality(machines, MODALITY, SERVER, port=port, called=called, tls=True)


def _inside(machines: Lab) -> str:
    return machines.machine(BOX).addresses[0]


def _outside(machines: Lab) -> str:
    return machines.legs(machines.machine(BOX))[1].addresses[0]


def _say(line: str, found: str = "", style: str = "") -> None:
    say(f"    {line}", (f" {found}" if found else "", style))
