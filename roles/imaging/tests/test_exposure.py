"""Real imaging servers on the loopback, asked as a stranger would, and what is said of them."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from exposed import HERE, NOW, attested, certified, web
from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification

from roles.imaging.exposure import PORTS, answer
from socle.exposure.answers import NOTHING, ask, product
from socle.exposure.judge import judge
from socle.exposure.model import Port, published
from socle.exposure.recognised import Association, recognised

LOCAL = "127.0.0.1"
SECONDS = 2.0


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
def certificate(tmp_path_factory):
    return certified(tmp_path_factory.mktemp("tls"))


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


def test_an_open_orthanc_behind_tls_is_known_too(certificate):
    with web({"/system": 200}, certificate) as (port, _):
        assert ask(LOCAL, port, SECONDS).product == "orthanc"


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
    ("header", "said"),
    [
        ("0200000000b8", "accepted"),
        ("030000000004", "rejected"),
        ("070000000004", "aborted"),
        ("160303007a02", "none"),  # TLS
        ("485454502f31", "none"),  # HTTP
        ("02000000ffff", "none"),  # too long
        ("0200", "none"),
    ],
)
def test_recorded_answers_are_read(header, said):
    assert answer(bytes.fromhex(header)) == said


def test_a_failure_says_where_when_and_what_to_do():
    port = Port(port=4242, dicom=Association.ACCEPTED)
    found = judge([attested(days=2, opened=[port])], [HERE], NOW)
    assert str(found.seen) == (
        "203.0.113.7 port 4242/tcp (DICOM (Orthanc)) open on 2026-11-20, "
        "a DICOM association was granted to a stranger"
    )
    assert "box" in str(found.fix)


def test_where_images_travel_dicom_is_asked_first(dicom, monkeypatch):
    with dicom() as (port, callers):
        known = replace(recognised(), ports={port: replace(PORTS[0], number=port)})
        monkeypatch.setattr("socle.exposure.answers.recognised", lambda: known)
        found = ask(LOCAL, port, SECONDS)
    assert (found.dicom, found.http, len(callers)) == (Association.ACCEPTED, {}, 1)


def test_the_core_knows_the_room_s_ports_and_programs():
    found = recognised()
    assert {104, 2575, 2761, 2762, 4242, 8042, 11112, 12575} <= found.patients
    assert found.purpose(8042, "fr") == "Orthanc"
    assert '"orthanc"' in published(found)
