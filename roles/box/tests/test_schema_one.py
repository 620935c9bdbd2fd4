"""A bundle of schema 1 with the answer of a box: it is judged as it was then."""

from pathlib import Path

from socle.evidence.bundle import read
from socle.verify import Verdict
from socle.verify.replay import judge

BUNDLE = read(Path(__file__).parent / "data/schema1.bundle")
CLOSE = "close the port on the box, and switch UPnP (NAT-PMP, PCP) off on the box: docs/fr/box.md"


def test_a_box_of_then_is_judged_as_it_was_and_gives_no_advice():
    _, outcomes = judge(BUNDLE, root=Path(__file__).parents[3])
    (now,) = (one for one in outcomes if one.control == "box-port-mappings")
    (then,) = BUNDLE.verdicts
    assert now.verdict is Verdict.FAIL
    assert now.detail == then.grounds.text(then.verdict, then.measured)
    assert str(now.grounds.fix) == str(then.grounds.fix) == CLOSE
    assert "%\\nfix: curl" in str(now.grounds.seen[0])
