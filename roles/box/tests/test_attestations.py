"""`external-exposure-attestation`: what of the practice's folder it reads, and how it is judged."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from exposed import HERE, NOW, attested
from programs import program

from roles.box.report import OUTSIDE
from socle.exposure.model import Port
from socle.exposure.papers import Papers
from socle.verify import ControlFailed, Unknown, Verdict, clock
from socle.verify.checks import noted
from socle.verify.run import verify
from socle.watch.here import Here

ROOM = Path(__file__).parents[1]
SETTINGS = SimpleNamespace(firewall_local_networks=["10.0.0.0/8", "2001:db8:1::/64"])
V6 = "2001:db8:1::21"
SILENT = {"external": None}


room = program(ROOM / "test_box.py")


def machine(*addresses, box=SILENT):
    """A host with these addresses behind a box; ``box`` None: it cannot be asked."""
    seen = [{"addr_info": [one if isinstance(one, dict) else {"local": one} for one in addresses]}]
    code, said = (0, json.dumps({"boxes": [box]})) if box else (1, "")
    answer = SimpleNamespace(rc=code, stdout=said, stderr="")
    return SimpleNamespace(check_output=lambda _: json.dumps(seen), run=lambda *_: answer)


def check(host, *attestations, addresses=(HERE,), ports=frozenset()):
    """The facts that the check notes; raises what it raises."""
    facts: list = []
    noted.set(facts)
    known = Papers(addresses, ports, 90, attestations)
    with clock.at(NOW):
        room.test_a_look_from_another_line_found_nothing_open(host, SETTINGS, known)
    return facts


def test_a_fresh_look_that_found_nothing_passes():
    [fact] = check(machine("10.0.0.21"), attested(days=2))
    assert (fact["kind"], fact["proven"], fact["since"][:10]) == ("look", True, "2026-11-20")


def test_nobody_looked_yet():
    with pytest.raises(Unknown, match="nobody has looked from outside yet; from another line"):
        check(machine("10.0.0.21"))


@pytest.mark.parametrize(
    ("attestation", "said"),
    [
        (attested(days=91), "not measured since 2026-08-23"),
        (attested(address="203.0.113.8"), "others are for 203.0.113.8"),
        (attested(trouble="a-exposure.json: altered"), "altered"),
        (attested(opened=[22]), "port 22/tcp (SSH) open on 2026-11-21"),
    ],
    ids=["too-old", "for-another-address", "altered", "open"],
)
def test_a_look_that_is_no_proof_any_more_breaks_the_promise(attestation, said):
    with pytest.raises(ControlFailed) as failed:
        check(machine("10.0.0.21"), attestation)
    assert said in str(failed.value.seen)
    assert "socle exposure attest" in str(failed.value.fix)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param(machine("1.2.3.4"), id="the-machine-itself"),
        pytest.param(machine("10.0.0.21", box={"external": "1.2.3.4"}), id="the-box-says-so"),
    ],
)
def test_the_address_has_changed(host):
    with pytest.raises(ControlFailed, match=r"no attestation for 1\.2\.3\.4 counts"):
        check(host, attested())


def test_a_public_ipv6_address_has_to_be_looked_at_too():
    with pytest.raises(Unknown, match=f"no attestation for {V6} counts"):
        check(machine("10.0.0.21", V6), attested())
    check(machine("10.0.0.21", V6), attested(), attested(address=V6))


def test_addresses_that_change_every_day_are_nobodys_promise():
    check(machine({"local": V6, "temporary": True}, {"local": V6, "deprecated": True}), attested())


def test_a_box_that_cannot_be_asked_leaves_the_declared_addresses():
    check(machine("10.0.0.21", box=None), attested())


def test_an_open_port_is_a_fact_for_the_reports():
    orthanc = Port(port=8042, http={"/system": 200}, product="orthanc")
    with pytest.raises(ControlFailed):
        check(machine("10.0.0.21"), attested(opened=[orthanc]))
    [fact] = noted.get()
    assert (fact["kind"], fact["port"], fact["images"]) == ("open", 8042, True)


def test_a_machine_that_verifies_itself_says_where_the_attestations_lie(toy, tmp_path_factory):
    (toy.root / "roles/box").symlink_to(ROOM)
    toy.write(
        "hosts.yml", "all: {children: {workstations: {hosts: {desk: {ansible_connection: local}}}}}"
    )
    alone = replace(toy.load(), folder=tmp_path_factory.mktemp("machine"))
    here = Here(alone.hosts, "desk")
    [outcome] = verify(alone, controls=[OUTSIDE], connect=lambda _: here)
    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.detail == "attestations from another line lie with the operator, not here"
