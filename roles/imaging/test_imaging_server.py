"""Where an imaging server's images lie, how its service is confined, and what dcm4chee shows."""

import json
import re
from pathlib import Path

from roles.imaging.judge import expect_encrypted
from roles.imaging.server import PROGRAM, programs, web
from roles.imaging.server import orthanc as asked
from socle.machine import blockdevices
from socle.machine.programs import python
from socle.machine.sockets import listeners
from socle.verify import AGAIN, control, expect, message, not_applicable, unknown

PLACES = ("/home", "/root", "/tmp", "/var/tmp", "/srv", "/mnt", "/media", "/opt")  # noqa: S108
STRAY = python(Path(__file__).parent / "files/stray_images.py")
DCM4CHEE = "/dcm4chee-arc"
STUDIES = f"{DCM4CHEE}/aets/DCM4CHEE/rs/studies"
ADMINISTRATION = {389: "LDAP", 636: "LDAP", 5432: "PostgreSQL", 9990: "WildFly", 9993: "WildFly"}


@control("orthanc-data-at-rest")
def test_images_lie_encrypted_and_nowhere_else(orthanc, settings):
    """No stray DICOM file, no folder open to others, an encrypted disk below each folder."""
    folders = _folders(orthanc)
    words = (*PLACES, "--", *settings.imaging_folders, *folders[:2])
    said = STRAY.run(orthanc, *words, timeout=60).stdout.split()
    if len(said) != 3:
        unknown("stray files could not be looked for")
    count, places, whole = int(said[0]), said[1], said[2] == "all"
    expect(
        count == 0,
        seen=message(
            "{n} DICOM files outside of Orthanc's folders, below {places}", n=count, places=places
        ),
        wanted=message("none below {places}", places=PLACES),
        fix="import them into Orthanc if they are needed, then delete them",
    )
    modes = orthanc.check_output("stat --dereference --format=%%a %s", settings.imaging_folders[0])
    expect(
        modes.endswith("0"),
        seen=message("{folder}: mode {mode}", folder=settings.imaging_folders[0], mode=modes),
        wanted="Orthanc's folder is closed to other accounts",
        fix=AGAIN,
    )
    expect_encrypted(blockdevices.ask(orthanc, folders), folders)
    if not whole:
        unknown("too many files to look for stray images in time")


def _folders(host):
    said = host.run(f"{PROGRAM} folders")
    if said.rc != 0:
        trouble = said.stderr.strip() or message("Orthanc's settings cannot be read")
        unknown(message("{trouble}", trouble=trouble))
    return list(dict.fromkeys(json.loads(said.stdout).values()))


@control("orthanc-runtime-hardening")
def test_the_service_is_confined(orthanc, settings):
    """systemd's own count, the running process, and a script that is sent."""
    said = orthanc.run("systemd-analyze security --no-pager orthanc.service").stdout
    found = re.search(r"exposure level for \S+ ([0-9.]+)", said)
    if found is None:
        unknown("systemd-analyze security does not answer")
    expect(
        float(found[1]) <= settings.imaging_exposure,
        seen=message("exposure {points}", points=found[1]),
        wanted=message(
            "{points} at most (systemd-analyze security orthanc.service)",
            points=settings.imaging_exposure,
        ),
        fix=message(
            "{again}; systemctl cat orthanc.service shows what another drop-in undoes", again=AGAIN
        ),
    )
    process = orthanc.check_output(
        "grep -hE '^(Uid|CapEff|NoNewPrivs|Seccomp):' /proc/$(pgrep -ox Orthanc)/status"
    )
    held = {line.split(":")[0]: line.split()[1] for line in process.splitlines()}
    wanted = {"CapEff": "0000000000000000", "NoNewPrivs": "1", "Seccomp": "2"}
    expect(
        held["Uid"] != "0" and wanted.items() <= held.items(),
        seen=message("{process}", process=[f"{key} {value}" for key, value in held.items()]),
        wanted="the running process is not root's, without capabilities, with a system call filter",
        fix=AGAIN,
    )
    status, _ = asked(orthanc, "/tools/execute-script", "print(6 * 7)")
    expect(
        status == 403,
        seen=message("a Lua script that is sent: {status}", status=status),
        wanted="403: Orthanc runs nothing that it is sent",
        fix=AGAIN,
    )
    status, _ = asked(orthanc, "/webdav/")
    seen = message("WebDAV: {status}", status=status)
    expect(status == 404, seen=seen, wanted="404: no WebDAV", fix=AGAIN)


@control("dcm4chee-secured")
def test_dcm4chee_shows_nothing_to_strangers(host):
    """Anonymous requests to whatever answers as dcm4chee, and ports that are published."""
    ports = [port for port in programs(host) if port != 22]
    pages = (f"{DCM4CHEE}/ui2/", f"{DCM4CHEE}/aets", STUDIES)
    tries = [
        f"{scheme} 127.0.0.1 {port} {page} -"
        for port in ports
        for scheme in ("http", "https")
        for page in (*pages, "/socle-page-that-nobody-has")
    ]
    met = web(host, tries) if tries else {}
    there = {_server(line) for line, said in met.items() if _dcm4chee(met, line, said)}
    if not there:
        not_applicable("nothing answers as dcm4chee on this machine")
    shown = [line for line, said in met.items() if _server(line) in there and said.startswith("2")]
    expect(
        not shown,
        seen=message(
            "without an account: {pages}",
            pages=[line[:-2] for line in shown] or message("nothing"),
        ),
        wanted="401, 403, or the way to the login for whoever has no account",
        fix="deploy dcm4chee secured (Keycloak), and change the passwords that it comes with",
    )
    listing = listeners(host)
    published = [one.words for one in listing.sockets if one.port in ADMINISTRATION]
    expect(
        not published,
        seen=message("published: {sockets}", sockets=published or message("no administration")),
        wanted="database, directory and administration on loopback alone",
        fix="take these ports out of compose.yaml, or bind them to 127.0.0.1",
    )
    if listing.unread:
        unknown(listing.unread)


def _server(line):
    """Scheme and port of a try."""
    scheme, _, port, *_ = line.split(" ")
    return scheme, port


def _dcm4chee(met, line, said):
    """Whether a page of dcm4chee is there: it answers otherwise than a page that is not."""
    scheme, address, port, page, account = line.split(" ")
    if not page.startswith(DCM4CHEE):
        return False
    nothing = met[f"{scheme} {address} {port} /socle-page-that-nobody-has {account}"]
    return said.isdigit() and said not in {"404", nothing}
