"""Real servers on the loopback, asked as a stranger would."""

from pathlib import Path

import pytest
from exposed import answering, certified, web

from socle.exposure import inside
from socle.exposure.answers import NOTHING, ask
from socle.exposure.ports import normal, parse, ranges
from socle.exposure.scan import look

LOCAL = "127.0.0.1"
SECONDS = 2.0


def test_tls_is_seen_whoever_s_certificate_it_is(tmp_path):
    with web({"/system": 200}, certified(tmp_path)) as (port, _):
        found = ask(LOCAL, port, SECONDS)
    assert (found.tls, found.http[NOTHING]) == ("TLSv1.3", 404)


@pytest.mark.parametrize(
    "reply", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x02\x00\xff\xff\xff\xff", b"\x03\x00\x00"]
)
def test_what_is_no_known_answer_is_open_and_no_more(reply):
    with answering(reply) as port:
        found = ask(LOCAL, port, 0.5)
    assert (found.tls, found.http, found.dicom, found.product) == (None, {}, "none", None)


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
