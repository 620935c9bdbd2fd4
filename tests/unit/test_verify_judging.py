"""From what a check raised to its verdict, with and without a waiver."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from testinfra.backend.local import LocalBackend
from testinfra.host import Host as Machine

from socle.baseline.model import Origin, Waiver
from socle.grounds import Grounds
from socle.messages import Message, message
from socle.verify import ControlFailed, NotApplicable, Unknown, Verdict, expect
from socle.verify.checks import Unreachable
from socle.verify.judging import measured, unmeasured, with_waiver

TODAY = date(2026, 11, 22)
WAIVER = Waiver(
    control="toy",
    hosts=("poste",),
    set={},
    reason="Salle d'échographie",
    compensating="Salle fermée à clé",
    approved_by="Dr N.",
    until=TODAY,
    origin=Origin("waiver", Path("waivers.yml"), 1),
)
EXPIRED = Waiver(**{**WAIVER.__dict__, "until": date(2026, 11, 21)})


def judgement(verdict, seen):
    """What a check measured that saw this."""
    failed = ControlFailed(seen=seen, wanted="5 s", fix="deploy again")
    return measured(failed if verdict is Verdict.FAIL else None, (Message(seen),))


@pytest.mark.parametrize(
    ("error", "verdict", "detail"),
    [
        (None, Verdict.PASS, ""),
        (
            ControlFailed(seen="accept", wanted="drop", fix="deploy again"),
            Verdict.FAIL,
            "seen: accept\nwanted: drop\nfix: deploy again",
        ),
        (AssertionError("port 22 is open\nassert False"), Verdict.FAIL, "port 22 is open"),
        (NotApplicable("no disk"), Verdict.NOT_APPLICABLE, "no disk"),
        (Unknown("no nft"), Verdict.UNKNOWN, "no nft"),
        (RuntimeError("ss is missing"), Verdict.UNKNOWN, "RuntimeError: ss is missing"),
        (pytest.skip.Exception("later"), Verdict.UNKNOWN, "Skipped: later"),
        (pytest.fail.Exception("bad"), Verdict.FAIL, "bad"),
        (SystemExit(0), Verdict.UNKNOWN, "SystemExit: 0"),
    ],
)
def test_what_was_raised_says_what_was_measured(error, verdict, detail):
    judged = measured(error)
    assert (judged.verdict, judged.detail, judged.measured) == (verdict, detail, verdict)


def test_an_undecodable_answer_is_unknown():
    with pytest.raises(UnicodeDecodeError) as caught:
        b"\xff".decode()
    assert measured(caught.value).verdict is Verdict.UNKNOWN


def test_a_command_that_testinfra_finds_failing_was_not_measured():
    host = Machine(LocalBackend())
    with pytest.raises(AssertionError) as caught:
        host.check_output("no-such-tool-here")
    assert measured(caught.value).verdict is Verdict.UNKNOWN


def test_a_host_that_cannot_be_asked_is_unreachable():
    judged = measured(Unreachable("down"))
    assert (judged.verdict, judged.detail, judged.unreachable) == (Verdict.UNKNOWN, "down", True)


def test_a_pass_keeps_what_was_seen():
    seen = (Message("policy drop"), message("{n} chains", n=2))
    assert measured(None, seen).grounds == Grounds(seen=seen)
    assert measured(None, seen).detail == "policy drop; 2 chains"


def test_what_a_machine_says_is_cut():
    said = message("{a} and {b;}", a="x" * 10_000, b=["y" * 900] * 9)
    detail = measured(Unknown(said)).detail
    assert detail == f"{'x' * 2000}… and {'; '.join(['y' * 900] * 2)}; …"


def test_an_expectation_says_all_three():
    with pytest.raises(ControlFailed, match="seen: a\nwanted: b\nfix: c"):
        expect([], seen="a", wanted="b", fix="c")


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.FAIL])
def test_a_valid_waiver_waives_until_its_last_day(verdict):
    final = with_waiver(judgement(verdict, "120 s"), WAIVER, TODAY)
    assert final.verdict is Verdict.WAIVED
    for word in ("Salle d'échographie", "Dr N.", "2026-11-22", "Salle fermée", "120 s"):
        assert word in final.detail
    assert f"measured: {verdict}" in final.detail


def test_a_fail_beyond_the_values_of_a_waiver_stays_a_fail():
    wider = Waiver(**{**WAIVER.__dict__, "set": {"toy_seconds": 120}})
    final = with_waiver(judgement(Verdict.FAIL, "900 s"), wider, TODAY)
    assert final.verdict is Verdict.FAIL
    assert "accepts less than this" in final.detail
    assert with_waiver(judgement(Verdict.PASS, "120 s"), wider, TODAY).verdict is Verdict.WAIVED


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.FAIL])
def test_an_expired_waiver_fails_whatever_was_measured(verdict):
    final = with_waiver(judgement(verdict, "30 s"), EXPIRED, TODAY)
    assert final.verdict is Verdict.FAIL
    assert "waiver expired on 2026-11-21" in final.detail
    seen = "30 s" if verdict is Verdict.PASS else "seen: 30 s\nwanted: 5 s"
    assert f"measured: {verdict}\n{seen}" in final.detail
    assert (final.measured, final.grounds.waiver.expired) == (verdict, True)


def test_a_waiver_makes_nothing_known():
    final = with_waiver(unmeasured(Message("down"), unreachable=True), WAIVER, TODAY)
    assert (final.verdict, final.unreachable) == (Verdict.UNKNOWN, True)
    assert "down" in final.detail
    assert "valid until 2026-11-22" in final.detail


def test_a_waiver_does_not_touch_what_does_not_apply():
    judged = measured(NotApplicable("no disk"))
    assert with_waiver(judged, EXPIRED, TODAY) == judged


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("socle.verify.verdicts", {"pytest", "testinfra"}),
        ("socle.verify.plugin", {"testinfra", "socle.baseline", "socle.verify.session"}),
    ],
)
def test_little_is_imported_before_there_is_a_practice(module, absent):
    code = f"import sys, json, {module}; print(json.dumps(list(sys.modules)))"
    modules = json.loads(subprocess.check_output([sys.executable, "-c", code]))
    assert not absent & set(modules)
