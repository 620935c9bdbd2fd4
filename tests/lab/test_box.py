"""Wrong settings of a real box, as its practice's machine sees them; a clean one passes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from boxes import BoxPractice
from labs import number, standing
from scenarios import in_turn

from socle.commands.lab_try import what_is_wrong
from socle.evidence.bundle import read
from socle.lab.box import ANNOUNCED, Box, Forward
from socle.lab.scenarios import header, undo_of
from socle.lab.upnp import OPEN_A_PORT
from socle.verify.clock import today
from socle.verify.replay import judge
from socle.verify.verdicts import Verdict

pytestmark = pytest.mark.lab

MAPPINGS, CANARY, IPV6 = "box-port-mappings", "host-public-reachability", "ipv6-public-listeners"
OUTSIDE = "external-exposure-attestation"

ANSWER_NONSENSE = """\
import http.server, socket, sys, threading
class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"\\x00<<<not XML")
web = http.server.ThreadingHTTPServer(("", 5000), Web)
threading.Thread(target=web.serve_forever, daemon=True).start()
answers = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
answers.bind(("", 1900))
while True:
    said, sender = answers.recvfrom(2000)
    answers.sendto(b"\\xff\\xfe rubbish", sender)
    answers.sendto(b"HTTP/1.1 200 OK\\r\\n"
                   b"ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\\r\\n"
                   b"LOCATION: http://" + sys.argv[1].encode() + b":5000/x\\r\\n\\r\\n", sender)
"""


@pytest.fixture(scope="module")
def practice(need_a_lab, pytestconfig):
    root = pytestconfig.rootpath
    made = BoxPractice(root, root / f"build/box-{number()}", number())
    with standing(made.lab):
        made.prepare()
        yield made


def failed(practice: BoxPractice, control: str, *words: str) -> None:
    outcome = practice.judged(control)
    assert outcome.verdict is Verdict.FAIL, outcome.detail
    for word in words:
        assert word in outcome.detail
    assert "Dupont" not in outcome.detail


def not_known(practice: BoxPractice, *words: str) -> None:
    outcome = practice.judged(MAPPINGS)
    assert outcome.verdict is Verdict.UNKNOWN, outcome.detail
    for word in words:
        assert word in outcome.detail


def test_a_box_that_lets_nothing_in_passes(practice):
    practice.set(Box())
    assert "open" not in practice.attack(practice.outside, 22, 80, 8042)
    found = practice.verdicts(controls=(MAPPINGS, CANARY, IPV6))
    assert {outcome.verdict for outcome in found.values()} == {Verdict.PASS}, found
    assert "neither UPnP nor NAT-PMP" in found["accueil", MAPPINGS].detail


@pytest.mark.parametrize("igd", [1, 2])
def test_a_program_opened_a_port(practice, igd):
    practice.set(Box(upnp=igd))
    box = practice.lab.machine("box").addresses[0]
    practice.on("accueil", f"python3 - {box} {practice.inside} {igd} 8042", OPEN_A_PORT)
    open_port = f"tcp 8042 to {practice.inside} port 8042"
    failed(practice, MAPPINGS, open_port, "UPnP", "docs/fr/box.md")
    practice.attack(practice.outside, 8042)
    failed(practice, CANARY, "unsolicited packets from the Internet", "port forwarding")


def test_a_declared_port_is_accepted_until_its_last_day(practice):
    practice.set(Box(upnp=1))
    assert practice.judged(MAPPINGS).verdict is Verdict.PASS  # nothing is open
    practice.on(
        "accueil",
        f"python3 - {practice.lab.machine('box').addresses[0]} {practice.inside} 1 8042",
        OPEN_A_PORT,
    )
    declared = (
        f"box_port_mappings: [{{name: essai, protocol: tcp, external_port: 8042, port: 8042, "
        f"address: {practice.inside}, purpose: Essai, reason: Essai, approved_by: Dr N., until: "
    )
    soon, past = today() + timedelta(days=30), today() - timedelta(days=1)
    for until, verdict in ((soon, Verdict.PASS), (past, Verdict.FAIL)):
        with practice.edited("group_vars/all.yml", "---\n", f"---\n{declared}{until}}}]\n"):
            assert practice.judged(MAPPINGS).verdict is verdict


def test_ports_for_ipv6_that_no_list_has(practice):
    practice.set(Box(upnp=2))
    failed(practice, MAPPINGS, "without a list of them: UPnP for IPv6")


def test_a_user_s_program_cannot_ask_the_box(practice):
    practice.set(Box(upnp=2, natpmp=True))
    box = practice.lab.machine("box").addresses[0]
    ask = f"python3 - {box} {practice.inside} 2 8042"
    assert "URLError" in practice.on(
        "accueil", f"! setpriv --reuid=65534 --clear-groups {ask} 2>&1", OPEN_A_PORT
    )
    practice.on("accueil", ask, OPEN_A_PORT)  # root may, as it may everything


def test_a_port_forwarded_by_hand_is_counted(practice):
    practice.set(Box(forwards=(Forward("tcp", 8042, practice.inside),)))
    assert "open" not in practice.attack(practice.outside, 8042)  # the machine's own firewall
    failed(practice, CANARY, "IPv4", "port forwarding")
    assert practice.judged(MAPPINGS).verdict is Verdict.PASS  # nobody can list it: a limit


def test_a_machine_in_the_dmz_is_counted(practice):
    practice.set(Box(dmz=practice.inside))
    assert "open" not in practice.attack(practice.outside, 3389)
    failed(practice, CANARY, "IPv4", "DMZ")


def test_ipv6_without_nat(practice):
    practice.set(Box(ipv6_firewall=False))
    web = "systemd-run --unit=forgotten python3 -m http.server --bind :: 8000"
    practice.on("accueil", web)
    try:
        practice.on("accueil", "until ss -Hltn 'sport = 8000' | grep -q .; do sleep 0.1; done")
        assert "open" not in practice.attack(practice.inside6, 8000)
        failed(practice, IPV6, "python3 on tcp", "port 8000", practice.inside6)
        failed(practice, CANARY, "IPv6")
    finally:
        practice.on("accueil", "systemctl stop forgotten")


def test_a_box_that_does_not_say_what_it_opened(practice):
    practice.set(Box(natpmp=True))
    failed(practice, MAPPINGS, "NAT-PMP, PCP", "that nobody can list")


def test_a_box_that_does_not_answer(practice):
    practice.set(Box())
    practice.on("box", "nft insert rule inet box input iifname host0 ip saddr 10.78.0.0/16 drop")
    not_known(practice, "its silence proves nothing")


def test_a_box_that_is_another_than_the_declared_one(practice):
    practice.set(Box())
    box, other = practice.lab.machine("box").addresses[0], practice.lab.network.interfaces[0].ip
    try:
        practice.on("accueil", f"ip route replace default via {other}")
        not_known(practice, "firewall keeps the question in", "firewall_peers.box")
    finally:
        practice.on("accueil", f"ip route replace default via {box}")


def test_a_box_that_answers_nonsense(practice):
    practice.set(Box())
    box = practice.lab.machine("box").addresses[0]
    practice.on("box", "cat >/root/nonsense.py", ANSWER_NONSENSE)
    practice.on("box", f"systemd-run --unit=nonsense python3 /root/nonsense.py {box}")
    try:
        practice.on("box", "until ss -Hlun 'sport = 1900' | grep -q .; do sleep 0.1; done")
        not_known(practice, "its list cannot be read", "no XML")
    finally:
        practice.on("box", "systemctl stop nonsense")


@pytest.fixture(scope="module")
def seen_from_outside(practice):
    """Somebody has looked from another line, at a box that lets nothing in."""
    practice.set(Box())
    practice.declare()
    practice.look()
    return practice


@in_turn("box")
def test_the_scenario_is_judged_rightly_by_the_next_look(seen_from_outside, scenario):
    practice, machine = seen_from_outside, header(scenario)["host"]
    practice.set(Box())
    practice.on(machine, "sh", scenario.read_text())
    practice.look()
    made = practice.judged(OUTSIDE)
    practice.on(machine, "sh", undo_of(scenario).read_text())
    practice.look()
    assert what_is_wrong(scenario, made, practice.judged(OUTSIDE)) == []


def test_the_box_says_that_its_address_has_changed(seen_from_outside):
    seen_from_outside.set(Box(upnp=1))
    failed(seen_from_outside, OUTSIDE, f"no attestation for {ANNOUNCED} counts")


def test_a_bundle_judges_as_the_machine_did(seen_from_outside, tmp_path):
    practice = seen_from_outside
    practice.set(Box())
    words = ("verify", practice.folder, "--control", OUTSIDE, "--evidence", tmp_path, "--no-keep")
    practice.socle(*words)
    [file] = tmp_path.glob("*.bundle")
    declared = practice.folder / "exposure.yml"
    text = declared.read_text()
    declared.unlink()
    try:
        bundle = read(file)
        again = next(one for one in judge(bundle)[1] if one.control == OUTSIDE)
        live = next(one for one in bundle.verdicts if one.control == OUTSIDE)
        assert (str(again.verdict), again.grounds) == (live.verdict, live.grounds)
        assert again.verdict is Verdict.PASS
        assert practice.judged(OUTSIDE).verdict is Verdict.UNKNOWN
    finally:
        declared.write_text(text)
