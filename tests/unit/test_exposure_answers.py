"""Real servers on the loopback, asked as a stranger would."""

import socket
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from evidence_tools import run
from exposed import answering
from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification

from roles.imaging.exposure import associate
from socle.exposure import inside
from socle.exposure.answers import NOTHING, ask, product
from socle.exposure.ports import normal, parse, ranges
from socle.exposure.recognised import Association
from socle.exposure.scan import look

LOCAL = "127.0.0.1"
SECONDS = 2.0


@contextmanager
def web(statuses, context=None):
    """A web server that has these paths, else 404; it remembers what was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, dict(self.headers)))
            self.send_response(statuses.get(self.path, 404))
            self.end_headers()
            self.wfile.write(b"DUPONT^JEAN")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((LOCAL, 0), Handler)
    server.handle_error = lambda *_: None  # whoever hangs up is expected here
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def dicom():
    """A real DICOM server; the port, and who asked."""
    callers = []
    entity = AE("IMAGERIE")
    entity.add_supported_context(Verification)

    @contextmanager
    def serving(*, called=False, tls=None):
        entity.require_called_aet = called
        seen = [
            (
                evt.EVT_REQUESTED,
                lambda e: callers.append(e.assoc.requestor.primitive.calling_ae_title),
            ),
            (evt.EVT_C_ECHO, lambda e: callers.append("an operation") or 0),
        ]
        server = entity.start_server((LOCAL, 0), block=False, evt_handlers=seen, ssl_context=tls)
        try:
            yield server.socket.getsockname()[1], callers
        finally:
            server.shutdown()

    return serving


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> ssl.SSLContext:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-days", "2", "-subj", "/CN=cabinet", "-keyout", key, "-out", cert)  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def test_an_open_orthanc_is_known_by_its_status_codes_alone():
    with web({"/system": 200}) as (port, asked):
        found = ask(LOCAL, port, SECONDS)
    assert (found.product, found.tls, found.http["/system"]) == ("orthanc", None, 200)
    assert found.images
    assert not any("Authorization" in headers for _, headers in asked)


def test_a_password_that_is_asked_for_lets_nobody_in():
    with web({"/system": 401, NOTHING: 401}) as (port, _):
        assert not ask(LOCAL, port, SECONDS).images


def test_a_server_that_grants_everything_tells_nothing():
    assert product({NOTHING: 200, "/system": 200}) is None


def test_tls_is_seen_whoever_s_certificate_it_is(certificate):
    with web({"/system": 200}, certificate) as (port, _):
        found = ask(LOCAL, port, SECONDS)
    assert (found.tls, found.product) == ("TLSv1.3", "orthanc")


def test_a_dicom_server_that_grants_a_stranger_an_association_is_seen(dicom):
    with dicom() as (port, callers):
        found = ask(LOCAL, port, SECONDS)
    assert (found.dicom, found.images) == (Association.ACCEPTED, True)
    assert callers == ["SOCLEPROBE"]  # no operation, not even an echo


def test_a_dicom_server_that_refuses_a_stranger_is_seen(dicom):
    with dicom(called=True) as (port, _):
        found = ask(LOCAL, port, SECONDS)
    assert (found.dicom, found.images) == (Association.REJECTED, False)


def test_dicom_over_tls_is_seen(dicom, certificate):
    with dicom(tls=certificate) as (port, _):
        found = ask(LOCAL, port, SECONDS)
    assert (found.tls, found.dicom) == ("TLSv1.3", Association.ACCEPTED)


@pytest.mark.parametrize(
    "reply", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x02\x00\xff\xff\xff\xff", b"\x03\x00\x00"]
)
def test_what_is_no_known_answer_is_open_and_no_more(reply):
    with answering(reply) as port:
        found = ask(LOCAL, port, 0.5)
    assert (found.tls, found.http, found.dicom, found.product) == (None, {}, "none", None)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("0200000000b8", "accepted"),
        ("03000000000400010103", "rejected"),
        ("07000000000400000200", "aborted"),
        ("030000000004", "none"),  # half of a refusal
        ("160303007a02", "none"),  # TLS
        ("485454502f31", "none"),  # HTTP
        ("02000000ffff", "none"),  # too long
        ("", "none"),
    ],
)
def test_recorded_answers_are_read(reply, said):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(bytes.fromhex(reply))
        theirs.shutdown(socket.SHUT_WR)
        assert associate(ours) == said


def test_a_look_puts_every_port_in_one_place():
    with web({}) as (port, _), answering(b"") as other:
        found = look(LOCAL, [1, port, other], "lab", rate=2, seconds=0.5)
    assert sorted(one.port for one in found.open) == sorted([port, other])
    assert found.closed == {"refused": "1"}


def test_a_look_keeps_its_rate():
    said = []
    look(LOCAL, [1, 2, 3, 4], "lab", rate=2, tell=said.append, seconds=0.2)
    assert said == [2, 4]


def test_no_page_reaches_the_attestation():
    with web({"/system": 200}) as (port, _):
        assert "DUPONT" not in ask(LOCAL, port, SECONDS).model_dump_json()


def test_ports_are_told_as_ranges():
    assert ranges([22, 21, 23, 80]) == "21-23,80"
    assert normal("80, 22-23,21,22,8000-8002,8001") == "21-23,80,8000-8002"
    assert parse("8000-8002,22,8001-8003,22") == [22, 8000, 8001, 8002, 8003]


@pytest.mark.parametrize(
    "address", ["192.168.1.1", "100.64.0.1", "203.0.113.7", "fe80::1", "224.0.1.1", "127.0.0.1"]
)
def test_an_address_that_is_not_the_internet_s_is_refused(address):
    assert inside.why_not(address) == "it is no address of the Internet"


def test_what_is_near_is_seen_to_be_near():
    assert inside.distance(LOCAL) == "near"


def test_no_page_and_no_banner_is_ever_read():
    source = (Path(inside.__file__).parent / "answers.py").read_text()
    assert source.count(".recv(") == 1
