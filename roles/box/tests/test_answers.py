"""What is made of a box's answers, recorded from miniupnpd as IGD 1 and IGD 2, and of nonsense."""

from __future__ import annotations

import importlib.util
import socket
import sys
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import ValidationError

from socle.baseline.rooms import find
from socle.lab.box import Box, Forward, rules
from socle.verify import Unknown

ROOT = Path(__file__).parents[3]
ROOM = Path(__file__).parents[1]
DATA = Path(__file__).parent / "data"
RECORDED = "10.78.63.254"
OPENED = {
    "protocol": "tcp",
    "external_port": 8042,
    "address": "10.78.63.21",
    "port": 8042,
    "enabled": True,
}
SILENT = {
    "address": "192.168.1.1",
    "alive": True,
    "upnp": False,
    "on_demand": [],
    "mappings": [],
    "ipv6_firewall": None,
    "pinholes": False,
    "unreadable": [],
    "kept_in": [],
    "complete": True,
}


def load(path: Path):
    spec = importlib.util.spec_from_file_location(f"box_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


igd, check = load(ROOM / "files/igd.py"), load(ROOM / "test_box.py")


def recorded(version: int, name: str) -> bytes:
    return (DATA / f"igd{version}" / name).read_bytes()


@pytest.fixture
def box(monkeypatch):
    """A web server on loopback that says what it is told: ``box[path] = (status, content)``."""
    pages: dict[str, tuple[int, bytes]] = {}

    class Web(BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, content = pages.get(self.path, (404, b""))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pages["port"] = server.server_port
    yield pages
    server.shutdown()


def ask(box, path="/x", **kind):
    url = f"http://127.0.0.1:{box['port']}{path}"
    return igd.Gateway("127.0.0.1"), url


@pytest.mark.parametrize("version", [1, 2])
def test_recorded_answers_are_read(version):
    where = igd.location(recorded(version, "search.txt"))
    assert where == f"http://{RECORDED}:5000/rootDesc.xml"
    found = dict(igd.services(recorded(version, "description.xml"), where))
    wanted = {f"urn:schemas-upnp-org:service:WANIPConnection:{version}"}
    wanted |= {igd.IPV6_FIREWALL} if version == 2 else set()
    assert set(found) == wanted
    assert all(url.startswith(f"http://{RECORDED}:5000/ctl/") for url in found.values())
    entry = igd.values(igd.tree(recorded(version, "entry.xml")))
    assert igd.mapping(entry) == OPENED
    assert "Dupont" not in str(igd.mapping(entry))
    assert igd.values(igd.tree(recorded(version, "end.xml")))["errorCode"] in igd.END_OF_LIST


def test_answers_on_port_5351_are_recognised():
    program = (ROOM / "files/ask.py").read_text().removesuffix("main()\n")
    asker = {}
    sys.path.insert(0, str(ROOM / "files"))
    try:
        exec(compile(program, "ask.py", "exec"), asker)
    finally:
        sys.path.remove(str(ROOM / "files"))
        sys.modules.pop("igd", None)
    for name, wanted in (("natpmp.hex", "NAT-PMP"), ("pcp.hex", "PCP")):
        answer = bytes.fromhex(recorded(2, name).decode())
        assert asker["protocol"](answer) == wanted
    for rubbish in (b"", b"\xff" * 3, bytes(16), b"\x09\x80" + bytes(10)):
        assert asker["protocol"](rubbish) is None
    assert asker["pcp"]("192.168.1.9").hex() == "0200000000000000" + "0" * 20 + "ffffc0a80109"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x00<<< not XML", "no XML"),
        (b'<!DOCTYPE r [<!ENTITY a "aa">]><r>&a;</r>', "a document type"),
        ("<!DOCTYPE r><r/>".encode("utf-16"), "no XML"),
        (b"<r>" * 50, "no XML"),
        (b"x" * (100_001), "more than 100000 bytes"),
    ],
)
def test_a_description_that_makes_no_sense(box, content, said):
    box["/x"] = (200, content)
    gateway, url = ask(box)
    with pytest.raises(igd.Nonsense, match=said):
        igd.tree(gateway.get(url))


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [
        (200, b"<r/>", "HTTP status 200 and no error number"),
        (500, b"<r><errorCode>401</errorCode></r>", "error 401 instead of the list"),
        (500, b"<r><errorCode>Dupont</errorCode></r>", "no error number"),
        (404, b"", "no XML"),
        (200, b"<r><GetGenericPortMappingEntryResponse/></r>", "without ports"),
        (200, None, "does not end"),
    ],
)
def test_a_list_that_makes_no_sense_is_not_a_short_list(box, status, content, said):
    box["/x"] = (status, recorded(1, "entry.xml") if content is None else content)
    gateway, url = ask(box)
    with pytest.raises(igd.Nonsense, match=said):
        gateway.mappings("urn:schemas-upnp-org:service:WANIPConnection:1", url)


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.7:5000/x",
        "https://127.0.0.1/x",
        "file:///etc/passwd",
        "http://127.0.0.1:99999/x",
        "http://127.0.0.1@192.0.2.7/x",
        "http://127.0.0.1.example/x",
        "rubbish",
        "http://[bad",
        "http://\u2100/x",
    ],
)
def test_the_box_sends_nobody_elsewhere(url):
    with pytest.raises(igd.Nonsense, match="not the box's own"):
        igd.Gateway("127.0.0.1").get(url)


def test_a_service_at_no_address_hides_no_other():
    one = "<service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:{}</serviceType>"
    one += "<controlURL>{}</controlURL></service>"
    content = f"<r>{one.format(1, 'http://[bad')}{one.format(2, '/c')}</r>".encode()
    assert [url for _, url in igd.services(content, "http://127.0.0.1/d")] == [
        "",
        "http://127.0.0.1/c",
    ]


def test_a_port_that_answers_nothing_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(igd.Nonsense, match=rf"no answer on TCP port {port} \(Connection"):
            igd.Gateway("127.0.0.1").get(f"http://127.0.0.1:{port}/x")


@pytest.mark.parametrize("datagram", [b"", b"\xff\xfe", b"HTTP/1.1 200 OK\r\nST: upnp:other\r\n"])
def test_other_answers_to_a_search_are_none(datagram):
    assert igd.location(datagram) is None


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"alive": False}, "its silence proves nothing"),
        ({"kept_in": ["udp 1900"]}, "firewall keeps the question in"),
        ({"complete": False}, "did not come to an end"),
    ],
)
def test_silence_alone_is_not_good_news(said, reason):
    with pytest.raises(Unknown, match=reason):
        check.expect_measured({**SILENT, **said})
    check.expect_measured(SILENT)


@pytest.mark.parametrize("said", [{"unreadable": ["no XML"]}, {"complete": False}])
def test_half_a_list_is_unknown(said):
    with pytest.raises(Unknown, match="its list cannot be read"):
        check.expect_readable({**SILENT, "upnp": True, **said})


@pytest.mark.parametrize(
    ("said", "public", "ways"),
    [
        ({}, [], []),
        ({"on_demand": ["NAT-PMP"]}, [], ["NAT-PMP"]),
        ({"upnp": True, "on_demand": ["NAT-PMP", "PCP"]}, [], []),
        ({"upnp": True, "on_demand": ["NAT-PMP", "PCP"]}, ["2001:db8::1"], ["PCP for IPv6"]),
        ({"upnp": True, "pinholes": True}, ["2001:db8::1"], ["UPnP for IPv6"]),
        ({"upnp": True, "pinholes": True}, [], []),
    ],
)
def test_what_no_list_shows(said, public, ways):
    assert list(map(str, check.unlisted({**SILENT, **said}, public))) == ways


def test_a_mapping_is_accepted_as_it_was_declared_and_for_a_year_at_most():
    assert check.declared(OPENED, [OPENED])
    assert not check.declared({**OPENED, "address": "10.78.63.22"}, [OPENED])
    day = date(2026, 11, 22)
    for until, accepted in (("2026-11-22", True), ("2026-11-21", False), ("2028-01-01", False)):
        assert check.agreed({"until": until}, day) is accepted


def test_sockets_that_public_ipv6_leads_to():
    public = ["2001:db8::21"]
    assert all(check.reached(bound, public) for bound in ("*", "[::]", "[2001:db8::21]"))
    assert not any(check.reached(b, public) for b in ("0.0.0.0", "[fe80::1%host0]", "[fd00::1]"))


GOOD = {
    "name": "vpn",
    "protocol": "udp",
    "external_port": 51820,
    "address": "192.168.1.10",
    "port": 51820,
    "purpose": "VPN du médecin",
    "reason": "Accès de nuit",
    "approved_by": "Dr N.",
    "until": date(2027, 5, 31),
}


@pytest.mark.parametrize(
    "change",
    [{"address": "poste"}, {"port": 0}, {"until": "never"}, {"approved_by": ""}, {"reason": "x"}],
)
def test_a_declared_mapping_names_who_accepted_it_and_until_when(change):
    model = next(room for room in find(ROOT) if room.name == "box").settings
    assert model(port_mappings=[GOOD]).port_mappings[0].port == 51820
    with pytest.raises(ValidationError):
        model(port_mappings=[{**GOOD, **change}])


def test_the_lab_s_box_does_what_was_clicked():
    clicked = Box(forwards=(Forward("tcp", 8042, "10.0.0.21"),), dmz="10.0.0.22")
    text = rules(clicked, ("198.18.1.1", "2001:db8::1"))
    assert 'iifname "host1" tcp dport 8042 dnat ip to 10.0.0.21' in text
    assert text.index("jump prerouting_miniupnpd") < text.index("dnat ip to 10.0.0.22")
    assert "ipv6 accept" not in text
    assert "ipv6 accept" in rules(Box(ipv6_firewall=False), ("198.18.1.1",))
