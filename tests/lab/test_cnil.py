"""The CNIL's case: images read from the Internet, and what one deploy leaves of that.

First the practice as its supplier left it, then one run of pyinfra, then the same attempts again,
then the box as the report asks for it. The tests tell this in their order.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest
from boxes import ALL, HOSTS, BoxPractice
from labs import number, standing

from socle.commands import secrets
from socle.lab import LabError, attacker, dicom
from socle.lab.attacker import Loot
from socle.lab.box import Box, Forward
from socle.lab.dicom import DICOM, HTTP, STUDIES, TITLE, Modality
from socle.lab.steps import do, install
from socle.lab.upnp import OPEN_A_PORT
from socle.verify.verdicts import Verdict

pytestmark = pytest.mark.lab

MAPPINGS, CANARY = "box-port-mappings", "host-public-reachability"
SHARED, ARCHIVE = 8080, 11112
"""Ports of a workstation's viewer, and of a second imaging program that nobody declared."""
OF_THE_IMAGES = (
    "orthanc-http-auth",
    "orthanc-network",
    "orthanc-dicom-peers",
    "orthanc-tls",
    "orthanc-runtime-hardening",
)
SECOND_PROGRAM = f"""\
NetworkTCPPort = {ARCHIVE}
MaxPDUSize = 16384
MaxAssociations = 4
HostTable BEGIN
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
ARCHIVE /srv/archive RW (9, 1024mb) ANY
AETable END
"""


class Case(BoxPractice):
    """A box, an imaging server, a modality, a workstation, and somebody on the Internet."""

    others: ClassVar = {"imagerie": (10, "bookworm"), "echographe": (20, "trixie")}
    rooms = """\
from roles.firewall.deploy import firewall
from roles.imaging.deploy import imaging

firewall()
imaging()
"""
    hosts = (
        HOSTS
        + """\
    imaging_servers:
      hosts:
        imagerie:
          ansible_host: 10.78.{number}.10
          socle_addresses: [10.78.{number}.10, "2001:db8:{number}::10"]
"""
    )
    settings = (
        ALL
        + """\
firewall_flows:
  - {{name: echographe, direction: in, protocol: tcp, ports: [2762], peers: [10.78.{number}.20],
     hosts: [imaging_servers], purpose: "Images de l'échographe, DICOM TLS"}}
  - {{name: visionneuse, direction: in, protocol: tcp, ports: [8443], peers: [accueil],
     hosts: [imaging_servers], purpose: "Visionneuse d'images"}}
  - {{name: vers-imagerie, direction: out, protocol: tcp, ports: [8443], peers: [imagerie],
     hosts: [accueil], purpose: "Visionneuse d'images"}}
imaging_orthanc: true
imaging_modalities:
  - {{name: echographe, aet: ECHO1, host: 10.78.{number}.20, port: 11112,
     allow: [echo, store, find]}}
"""
    )

    def prepare(self) -> None:
        """Set all up as the supplier left it: Socle has not been there yet."""
        (self.folder / "known_hosts").write_bytes(self.lab.known_hosts.read_bytes())
        secrets.make(self.folder, self.root)
        self.server = self.lab.machine("imagerie").addresses[0]
        self.set(Box(dmz=self.server))
        tools = ("imagerie", "echographe", "attaquant")
        with ThreadPoolExecutor() as pool:  # a failed one says so when its result is asked for
            list(pool.map(lambda machine: install(self.lab, machine, "dcmtk", "openssl"), tools))
        dicom.open_server(self.lab, "imagerie")
        dicom.make_studies(self.lab, "echographe", 5)
        self.modality = Modality(self.lab, "echographe", "imagerie")
        self.modality.store(*(f"{STUDIES}/study-{n}.dcm" for n in range(1, 5)))
        self.start_what_nobody_declared()

    def start_what_nobody_declared(self) -> None:
        """A viewer that shares pictures on a workstation, and an archive besides Orthanc."""
        dicom.make_studies(self.lab, "accueil", 2, "/srv/partage")
        share = f"python3 -m http.server {SHARED} --bind :: --directory /srv/partage"
        do(self.lab, "accueil", f"systemd-run --quiet --unit=partage {share}")
        dicom.make_studies(self.lab, "imagerie", 3, "/srv/archive")
        do(self.lab, "imagerie", "cat >/etc/archive.cfg", SECOND_PROGRAM)
        do(self.lab, "imagerie", "dcmqridx /srv/archive /srv/archive/*.dcm")
        do(self.lab, "imagerie", "systemd-run --quiet --unit=archive dcmqrscp -c /etc/archive.cfg")
        for machine, port in (("accueil", SHARED), ("imagerie", ARCHIVE)):
            do(self.lab, machine, f"until ss -Htln sport = {port} | grep -q .; do sleep 0.1; done")

    def have_the_box_opened(self) -> None:
        """Ports by hand and by UPnP, and IPv6 as some boxes come: nothing is filtered."""
        forwards = (HTTP, DICOM, ARCHIVE)
        self.set(
            Box(
                forwards=tuple(Forward("tcp", port, self.server) for port in forwards),
                upnp=1,
                ipv6_firewall=False,
            )
        )
        as_a_person = "setpriv --reuid=65534 --clear-groups python3"
        box = self.lab.machine("box").addresses[0]
        self.on("accueil", f"{as_a_person} - {box} {self.inside} 1 {SHARED}", OPEN_A_PORT)

    def web(self, address: str, port: int) -> Loot:
        return attacker.by_web(self.lab, "attaquant", address, port)

    def dicom(self, port: int, called: str) -> Loot:
        return attacker.by_dicom(self.lab, "attaquant", self.outside, port, called)


ATTEMPTS: dict[str, tuple[Callable[[Case], Loot], Loot]] = {
    "HTTP, port forwarded by hand": (lambda case: case.web(case.outside, HTTP), Loot(4, 4)),
    "DICOM, port forwarded by hand": (lambda case: case.dicom(DICOM, TITLE), Loot(4, 4)),
    "second imaging program, port forwarded by hand": (
        lambda case: case.dicom(ARCHIVE, "ARCHIVE"),
        Loot(3, 3),
    ),
    "workstation, port opened by UPnP": (lambda case: case.web(case.outside, SHARED), Loot(2, 2)),
    "workstation, IPv6 without NAT": (lambda case: case.web(case.inside6, SHARED), Loot(2, 2)),
}
"""What the attacker tries through the box, and what it yields before."""
attempts = pytest.mark.parametrize("attempt", ATTEMPTS)


@pytest.fixture(scope="module")
def as_found(need_a_lab, pytestconfig):
    """The practice, its server in the box's DMZ "for the VPN"."""
    root = pytestconfig.rootpath
    made = Case(root, root / f"build/box-{number()}", number())
    with standing(made.lab):
        made.prepare()
        yield made


@pytest.fixture(scope="module")
def opened(as_found):
    """Now the box forwards single ports, has one opened by a program, and filters no IPv6."""
    as_found.have_the_box_opened()
    return as_found


@pytest.fixture(scope="module")
def hardened(opened):
    """After one run of pyinfra: the box is as it was."""
    opened.pyinfra("-y")
    return opened


@pytest.fixture(scope="module")
def verdicts(hardened):
    """What `socle verify` says after all attempts, with the box still open."""
    for attempt, _ in ATTEMPTS.values():
        attempt(hardened)
    controls = (MAPPINGS, CANARY, "imaging-listeners", "ipv6-public-listeners", *OF_THE_IMAGES)
    return hardened.verdicts(controls=controls)


def failed(outcome, *words: str) -> None:
    assert outcome.verdict is Verdict.FAIL, outcome.detail
    for word in words:
        assert word in outcome.detail


def test_before_a_dmz_for_the_vpn_gave_every_image_away(as_found):
    assert as_found.web(as_found.outside, HTTP) == Loot(4, 4)
    assert as_found.dicom(DICOM, TITLE) == Loot(4, 4)


def test_before_any_account_of_the_server_read_the_files(as_found):
    assert dicom.readable_files(as_found.lab, "imagerie") >= 4


@attempts
def test_before_the_images_were_had(opened, attempt):
    take, loot = ATTEMPTS[attempt]
    assert take(opened) == loot


@attempts
def test_after_nothing_is_had(hardened, attempt):
    take, _ = ATTEMPTS[attempt]
    assert take(hardened) == Loot()


def test_after_no_other_account_reads_the_files(hardened):
    assert dicom.readable_files(hardened.lab, "imagerie") == 0


def test_after_the_modality_still_stores_and_queries(hardened):
    hardened.modality.certify()
    modality = Modality(
        hardened.lab, "echographe", "imagerie", port=2762, called="IMAGERIE", tls=True
    )
    modality.store(f"{STUDIES}/study-5.dcm")
    assert modality.count() == 5


def test_after_the_workstation_s_viewer_still_works_with_its_account(hardened):
    password = hardened.practice.hosts["imagerie"].settings["imaging_passwords"]["socle"]
    ends = (hardened.lab, "accueil", "imagerie", 8443)
    assert dicom.view(*ends, ("socle", password)) >= 4
    with pytest.raises(LabError, match="401"):
        dicom.view(*ends, ("orthanc", "orthanc"))


def test_verify_counts_what_a_forwarded_port_brings(verdicts):
    failed(verdicts["imagerie", CANARY], "unsolicited packets from the Internet: ", "forwarding")
    assert ": 0 IPv4" not in verdicts["imagerie", CANARY].detail


def test_verify_names_the_port_that_a_program_opened(hardened, verdicts):
    opened = f"tcp {SHARED} to {hardened.inside} port {SHARED}"
    failed(verdicts["accueil", MAPPINGS], "UPnP", opened)


def test_verify_counts_what_ipv6_brings_and_names_the_program(verdicts):
    assert " 0 IPv6" not in verdicts["accueil", CANARY].detail
    failed(verdicts["accueil", "ipv6-public-listeners"], "python3 on tcp", f"port {SHARED}")


def test_verify_names_the_second_imaging_program(verdicts):
    failed(verdicts["imagerie", "imaging-listeners"], "dcmqrscp", str(ARCHIVE))


def test_verify_finds_the_declared_imaging_server_closed(verdicts):
    for name in ("orthanc-http-auth", "orthanc-dicom-peers", "orthanc-tls"):
        assert verdicts["imagerie", name].verdict is Verdict.PASS, verdicts["imagerie", name].detail


def test_a_dmz_is_counted_and_gives_nothing_away(hardened):
    hardened.set(Box(dmz=hardened.server))
    do(hardened.lab, "imagerie", "nft reset counters table inet socle_canary")
    for port in (HTTP, 8443):
        assert hardened.web(hardened.outside, port) == Loot()
    assert hardened.dicom(2762, "IMAGERIE") == Loot()
    found = hardened.verdicts(limit=("imagerie",), controls=(CANARY,))
    failed(found["imagerie", CANARY], "DMZ")


def test_a_box_set_right_satisfies_verify(hardened):
    hardened.set(Box())
    do(hardened.lab, "imagerie", "nft reset counters table inet socle_canary")
    found = hardened.verdicts(controls=(MAPPINGS, CANARY))
    assert {one.verdict for one in found.values()} == {Verdict.PASS}, found
