"""An imaging server from the operator's chair, the modality's and the stranger's."""

from __future__ import annotations

import json

import pytest
from confinement import MOST, exposures

from socle.lab import reset
from socle.verify.verdicts import Verdict

pytestmark = pytest.mark.lab
SERVERS, MODALITY = ("img12", "img13"), "echographe"
STATE = "cd /etc && sha256sum orthanc/*.json systemd/system/orthanc.service.d/* | sort -k 2"
DICOM = """
import struct
def element(group, number, kind, value):
    value += (b"\\0" if kind == b"UI" else b" ") * (len(value) % 2)
    return struct.pack("<HH2sH", group, number, kind, len(value)) + value
uid, sop = b"2.25.1", b"1.2.840.10008.5.1.4.1.1.7"
meta = element(2, 2, b"UI", sop) + element(2, 3, b"UI", uid) + \
    element(2, 16, b"UI", b"1.2.840.10008.1.2.1") + element(2, 18, b"UI", b"2.25.9")
data = element(8, 22, b"UI", sop) + element(8, 24, b"UI", uid) + element(8, 96, b"CS", b"US") + \
    element(16, 16, b"PN", b"FICTIF^PATIENT") + element(16, 32, b"LO", b"1") + \
    element(32, 13, b"UI", b"2.25.2") + element(32, 14, b"UI", b"2.25.3")
head = struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(meta))
open("/root/synthetic.dcm", "wb").write(bytes(128) + b"DICM" + head + meta + data)
"""


@pytest.fixture(scope="module")
def secured(imaging):
    """Both servers, as pyinfra leaves them."""
    imaging.pyinfra("-y")
    return imaging


@pytest.fixture(scope="module")
def modality(secured):
    """DCMTK's command line on the modality, with a key that it made itself."""
    folder = "/root/tls"
    key = f"mkdir -p {folder} && cd {folder} && openssl req -new -newkey rsa:2048 -nodes "
    secured.root_on("echographe", f"{key} -subj /CN=echographe -keyout key -out request 2>&1")
    secured.root_on("echographe", "python3 -", stdin=DICOM)
    request = secured.root_on("echographe", f"cat {folder}/request")
    for server in SERVERS:
        sign = "cat > /run/request && socle-imaging sign /run/request"
        certificate = secured.root_on(server, sign, stdin=request)
        authority = secured.root_on(server, "socle-imaging authority")
        for name, text in (("crt", certificate), ("authority", authority)):
            secured.root_on("echographe", f"cat > {folder}/{server}.{name}", stdin=text)

    def call(program, server, *words, title="ECHO1", called="IMAGERIE", tls=True, code=0):
        keys = f"+tls {folder}/key {folder}/{server}.crt +cf {folder}/{server}.authority"
        told = f"-aet {title} -aec {called} {secured.address(server)} 2762 {' '.join(words)}"
        line = f"timeout 20 {program} {keys if tls else ''} {told} 2>&1"
        return secured.root_on("echographe", line, code=None if code else 0)

    return call


@pytest.mark.parametrize("server", SERVERS)
def test_a_declared_modality_stores_and_queries_over_tls(modality, secured, server):
    modality("echoscu", server)
    modality("storescu", server, "/root/synthetic.dcm")
    query = ("-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID")
    assert "2.25.2" in modality("findscu -v", server, *query)
    assert '"CountInstances" : 1' in secured.root_on(server, "socle-imaging ask /statistics")


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    "wrong",
    [{"title": "ECHO2"}, {"called": "ORTHANC"}, {"tls": False}],
    ids=["unknown title", "title that everybody knows", "in clear"],
)
def test_a_wrong_title_and_clear_text_are_refused(modality, server, wrong):
    said = modality("echoscu -v", server, **wrong, code=1)
    assert "Received Echo Response" not in said


@pytest.mark.parametrize("server", ["img12", pytest.param("img13", marks=pytest.mark.proof)])
def test_both_engines_find_nothing_to_do_afterwards(secured, server):
    assert secured.changes(secured.pyinfra("-y", "--limit", server)) == 0
    said = secured.ansible("--limit", server)
    assert secured.changes(said) == 0, said


@pytest.mark.proof  # a server from nothing; above, Ansible finds nothing left to do
def test_ansible_alone_secures_a_fresh_server_as_pyinfra_does(secured):
    before = secured.root_on("img13", STATE).splitlines()
    reset(secured.lab, "img13")
    assert secured.changes(secured.ansible("--limit", "img13", "--check")) > 0
    secured.root_on("img13", "! test -e /etc/socle")
    assert secured.changes(secured.ansible("--limit", "img13")) > 0
    assert secured.root_on("img13", STATE).splitlines() == before
    assert secured.changes(secured.pyinfra("-y", "--limit", "img13")) == 0


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("echo '{\"HttpPort\": 8042}' > /etc/orthanc/essai.json", "HttpPort stands in"),
        ("echo '{\"Name\" : }' > /etc/orthanc/essai.json", "essai.json, line 1: not the JSON"),
    ],
    ids=["a key in two files", "not JSON"],
)
def test_settings_that_orthanc_would_not_read_are_refused_untouched(secured, mistake, said):
    secured.root_on("img12", mistake)
    before = secured.root_on("img12", STATE)
    try:
        assert said in secured.pyinfra("-y", "--limit", "img12", code=1)
        assert said in secured.root_on("img12", "socle-imaging check", code=1)
        assert secured.root_on("img12", STATE) == before
        assert "401" in secured.root_on("img12", "curl -so /dev/null -w '%{http_code}' "
                                                 "http://127.0.0.1:8042/system")  # fmt: skip
    finally:
        secured.root_on("img12", "rm /etc/orthanc/essai.json")
        secured.pyinfra("-y", "--limit", "img12")


def test_an_orthanc_that_does_not_come_up_is_put_back(secured):
    """Another program has taken the new port: the modality goes on with the old one."""
    taken = "systemd-run --quiet --unit=taken python3 -m http.server 2763"
    secured.root_on("img12", f"{taken}; sleep 1")
    before = secured.root_on("img12", STATE)
    new = ("imaging_orthanc: true", "imaging_orthanc: true\nimaging_http_port: 2763")
    with secured.edited("group_vars/all.yml", *new):
        said = secured.pyinfra("-y", "--limit", "img12", code=1)
    assert "the former settings are back" in said
    assert secured.root_on("img12", STATE) == before
    secured.root_on("img12", "systemctl stop taken")
    secured.pyinfra("-y", "--limit", "img12")
    assert secured.root_on("img12", STATE) == before


def test_a_run_killed_between_files_and_restart_is_finished_by_the_next(secured):
    before = secured.root_on("img12", STATE)
    kill = (
        "import os, signal, sys; sys.path.insert(0, '/usr/local/lib/socle'); "
        "from imaging import plan, service; "
        "service.restart = lambda: os.kill(os.getpid(), signal.SIGKILL); plan.apply()"
    )
    secured.root_on("img12", "sed -i 's/\"DicomTlsEnabled\" : true/\"DicomTlsEnabled\" : false/' "
                             "/etc/orthanc/orthanc.json")  # fmt: skip
    secured.root_on("img12", f'python3 -c "{kill}"', code=None)
    assert "interrupted" in secured.root_on("img12", "socle-imaging check")
    secured.pyinfra("-y", "--limit", "img12")
    assert secured.root_on("img12", STATE) == before
    assert secured.root_on("img12", "socle-imaging check") == ""


@pytest.mark.parametrize("server", SERVERS)
def test_the_certificate_is_renewed_by_a_service_that_can_do_little_else(secured, server):
    found = exposures(secured.root_on, server)
    assert {"socle-imaging-renew.service", "socle-imaging-tls.service"} <= found.keys()
    assert {unit: number for unit, number in found.items() if number > MOST} == {}
    secured.root_on(server, "rm /etc/socle/imaging/orthanc.pem")
    renew = "systemctl start socle-imaging-renew.service || journalctl -n 30 -u socle-imaging-renew"
    assert secured.root_on(server, renew) == ""
    assert secured.root_on(server, "socle-imaging check") == ""


@pytest.mark.parametrize("server", SERVERS)
def test_no_secret_is_open_to_others(secured, server):
    open_ = "find /etc/orthanc /etc/socle/imaging* /var/lib/socle/imaging -perm /007 -type f"
    found = secured.root_on(server, open_).split()
    assert {path.rpartition("/")[2] for path in found} <= {
        "authority.crt", "trusted.pem", "stunnel.conf", "confinement.conf", "imaging.json",
    }  # fmt: skip
    accounts = json.loads(secured.root_on(server, "cat /etc/socle/imaging-secrets.json"))
    assert accounts["accounts"]["socle"] not in secured.root_on(server, "cat /proc/*/cmdline")


def test_a_modality_that_vanished_is_nothing_that_the_server_did_wrong(secured):
    """Off for the night, or sold: nobody waits for it, and what is declared is still judged."""
    promises = ("orthanc-dicom-peers", "orthanc-network", "orthanc-tls")
    secured.root_on(MODALITY, "ip link set host0 down")
    try:
        assert secured.changes(secured.pyinfra("-y", "--limit", "img13")) == 0
        found = secured.verdicts(limit=("img13",), controls=promises)
    finally:
        secured.root_on(MODALITY, "ip link set host0 up")
    assert {one.verdict for one in found.values()} == {Verdict.PASS}, found


def test_a_modality_without_a_flow_is_refused_before_anything_is_asked(secured):
    with secured.edited("group_vars/all.yml", "ports: [2762]", "ports: [2763]"):
        said = secured.socle("check", secured.folder, code=2)
    assert "a flow in firewall_flows that lets" in said
