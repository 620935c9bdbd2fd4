"""What an attestation from outside is worth."""

from datetime import timedelta

import pytest
from exposed import HERE, NOW, attested

from socle.exposure.judge import judge
from socle.exposure.model import Port
from socle.exposure.recognised import recognised
from socle.exposure.store import Signed
from socle.verify.verdicts import Verdict

V6 = "2001:db8::7"
PROGRAM = Port(port=443, tls="TLSv1.3", http={"/images": 200}, product="viewer")


@pytest.mark.parametrize(
    ("attestations", "current", "verdict"),
    [
        pytest.param([attested()], [HERE], Verdict.PASS, id="fresh-and-closed"),
        pytest.param([], [HERE], Verdict.UNKNOWN, id="nobody-looked"),
        pytest.param([attested(days=91)], [HERE], Verdict.FAIL, id="too-old"),
        pytest.param([attested(days=-1)], [HERE], Verdict.UNKNOWN, id="from-the-future"),
        pytest.param([attested()], ["203.0.113.8"], Verdict.FAIL, id="another-address"),
        pytest.param([attested()], [], Verdict.UNKNOWN, id="address-not-known"),
        pytest.param([attested()], [HERE, V6], Verdict.UNKNOWN, id="ipv6-not-looked-at"),
        pytest.param(
            [attested(), attested(address=V6)], [HERE, V6], Verdict.PASS, id="both-families"
        ),
        pytest.param([attested(trouble="altered")], [HERE], Verdict.FAIL, id="bad-signature"),
        pytest.param([attested(ports=[80])], [HERE], Verdict.UNKNOWN, id="one-port-alone"),
        pytest.param([attested(vantage="lab")], [HERE], Verdict.UNKNOWN, id="in-a-lab"),
        pytest.param([attested(opened=[22])], [HERE], Verdict.FAIL, id="open"),
        pytest.param([attested(days=200, opened=[22])], [HERE], Verdict.FAIL, id="open-long-ago"),
        pytest.param(
            [attested(trouble="x", opened=[22])], [HERE], Verdict.FAIL, id="unsigned-open"
        ),
        pytest.param(
            [attested(days=3, opened=[22]), attested(days=2)],
            [HERE],
            Verdict.PASS,
            id="closed-since",
        ),
        pytest.param(
            [attested(days=1), attested(days=2, opened=[22])], [HERE], Verdict.PASS, id="any-order"
        ),
        pytest.param(
            [attested(days=3), attested(days=1, ports=[9000], opened=[9000])],
            [HERE],
            Verdict.FAIL,
            id="opened-since",
        ),
    ],
)
def test_the_last_look_at_each_port_counts(attestations, current, verdict):
    assert judge(attestations, current, NOW).verdict is verdict


def test_a_declared_port_may_answer():
    assert judge([attested(opened=[443])], [HERE], NOW, declared=[443]).verdict is Verdict.PASS


def test_a_declared_port_may_not_show_images():
    found = judge([attested(opened=[PROGRAM])], [HERE], NOW, declared=[443])
    assert found.verdict is Verdict.FAIL
    assert "viewer answers a stranger" in str(found.seen)


def test_a_failure_says_where_when_and_what_to_do():
    found = judge([attested(days=2, opened=[5900])], [HERE], NOW)
    assert str(found.seen) == "203.0.113.7 port 5900/tcp (VNC) open on 2026-11-20"
    assert "box" in str(found.fix)


def test_a_pass_says_how_much_was_looked_at_and_on_whose_word():
    found = judge([attested(days=2, vantage="declared")], [HERE], NOW)
    count = len(recognised().ports)
    assert (found.ports, found.proven) == (count, False)
    assert str(found.seen).startswith(f"{count} TCP ports of {HERE} looked at since 2026-11-20")
    assert "the word of who signed" in str(found.seen)


def test_what_could_not_be_tried_is_not_closed():
    some = [port for port in recognised().ports if port != 5900]
    found = judge([attested(ports=some, unseen="5900")], [HERE], NOW)
    assert found.verdict is Verdict.UNKNOWN
    assert "port 5900 was never looked at" in str(found.seen)


def test_an_old_look_is_not_made_young_by_a_look_at_other_ports():
    found = judge([attested(days=91), attested(days=1, ports=[9000])], [HERE], NOW)
    assert found.verdict is Verdict.FAIL
    assert "not measured since 2026-08-23" in str(found.seen)


def test_attempts_in_a_lab_count_in_a_lab():
    assert judge([attested(vantage="lab")], [HERE], NOW, lab=True).verdict is Verdict.PASS


def test_the_last_day_counts():
    assert judge([attested(days=90)], [HERE], NOW, 90).verdict is Verdict.PASS
    late = NOW + timedelta(seconds=1)
    assert judge([attested(days=90)], [HERE], late, 90).verdict is Verdict.FAIL


def test_a_file_that_is_no_attestation_proves_nothing_either_way():
    broken = Signed("x.json", None, "x.json: its schema is 2, this Socle reads 1")
    assert judge([broken], [HERE], NOW).verdict is Verdict.UNKNOWN


def test_it_is_open_since_the_first_look_that_found_it_so():
    looks = [attested(days=9), attested(days=6, opened=[22]), attested(days=2, opened=[22])]
    [found] = judge(looks, [HERE], NOW).open
    assert (found.since, found.when) == (NOW - timedelta(days=6), NOW - timedelta(days=2))
