"""What counts as better and worse, and the drawing over time."""

from datetime import UTC, datetime, timedelta
from itertools import product
from xml.etree import ElementTree

import pytest

from socle.report.drift import (
    compare,
    drift,
    effect,
    known,
    regressions,
    since_last,
)
from socle.report.history import Apply, Run
from socle.report.timeline import MOST, svg_over_time
from socle.verify.changes import REGRESSIONS, Change, change
from socle.verify.verdicts import Verdict

NOW = datetime(2026, 11, 22, 11, 5, tzinfo=UTC)
PASS, FAIL, UNKNOWN, WAIVED, NA = (
    Verdict.PASS,
    Verdict.FAIL,
    Verdict.UNKNOWN,
    Verdict.WAIVED,
    Verdict.NOT_APPLICABLE,
)


def run(hours=0, controls=None, **verdicts) -> Run:
    given = {("accueil", control): verdict for control, verdict in verdicts.items()}
    names = frozenset(controls or verdicts)
    return Run(NOW + timedelta(hours=hours), given, frozenset({"accueil"}), names)


@pytest.mark.parametrize("before", [PASS, WAIVED, NA, UNKNOWN])
def test_whatever_breaks_is_worse(before: Verdict) -> None:
    assert change(before, FAIL) is Change.WORSE


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        (PASS, Change.UNSEEN),
        (WAIVED, Change.UNSEEN),
        (NA, Change.UNSEEN),
        (FAIL, Change.OTHER),
    ],
)
def test_what_was_good_and_cannot_be_measured_is_a_regression_of_its_own(before, wanted) -> None:
    assert change(before, UNKNOWN) is wanted


@pytest.mark.parametrize("before", [FAIL, UNKNOWN, WAIVED])
def test_what_holds_again_is_better(before: Verdict) -> None:
    assert change(before, PASS) is Change.BETTER


@pytest.mark.parametrize(
    ("before", "after"), [(PASS, WAIVED), (FAIL, WAIVED), (PASS, NA), (FAIL, NA), (NA, PASS)]
)
def test_decisions_are_neither_better_nor_worse(before: Verdict, after: Verdict) -> None:
    assert change(before, after) is Change.OTHER


def test_only_what_stays_has_no_change() -> None:
    for before, after in product(Verdict, Verdict):
        assert (change(before, after) is None) == (before is after)


def test_regressions_come_first_and_alone_fail() -> None:
    before = run(a=PASS, b=PASS, c=FAIL, d=PASS, gone=FAIL)
    after = run(1, a=PASS, b=FAIL, c=PASS, d=UNKNOWN, fresh=FAIL)
    found = compare(known([before]), after)
    assert [(one.control, one.change) for one in found] == [
        ("b", Change.WORSE),
        ("d", Change.UNSEEN),
        ("c", Change.BETTER),
        ("fresh", Change.NEW),
        ("gone", Change.GONE),
    ]
    assert [one.change for one in regressions(found)] == list(REGRESSIONS)


def test_a_run_of_one_control_does_not_hide_the_others() -> None:
    """Monday a and b hold; Tuesday only a is looked at; Wednesday b is broken."""
    both = ("a", "b")
    runs = [run(a=PASS, b=PASS), run(24, both, a=PASS), run(48, a=PASS, b=FAIL)]
    assert since_last(runs[:2]) == []
    (only,) = since_last(runs)
    assert (only.control, only.change) == ("b", Change.WORSE)
    assert since_last(runs[:1]) == []


def test_the_effect_of_an_apply_and_the_drift_after_it() -> None:
    apply = Apply(NOW + timedelta(hours=1), {"accueil": 3}, ())
    runs = [run(a=FAIL, b=FAIL), run(2, a=PASS, b=PASS), run(3, a=PASS, b=FAIL)]
    assert [one.change for one in effect(runs, apply)] == [Change.BETTER, Change.BETTER]
    (only,) = drift(runs, apply)
    assert (only.control, only.change) == ("b", Change.WORSE)
    assert drift(runs[:2], apply) == drift(runs[:1], apply) == effect(runs[:1], apply) == []


def test_the_share_of_promises_kept() -> None:
    assert run(a=PASS, b=WAIVED, c=FAIL, d=UNKNOWN, e=NA).kept == 0.5
    assert run(a=NA).kept is None


def test_the_drawing_is_one_self_contained_image() -> None:
    runs = [run(24 * day, a=PASS, b=FAIL if day % 2 else PASS) for day in range(80)]
    apply = Apply(NOW + timedelta(days=40, hours=1), {"accueil": 1}, ())
    for language, word in (("fr", "Non tenue"), ("en", "Not kept")):
        drawing = svg_over_time(runs, [apply], language)
        root = ElementTree.fromstring(drawing)  # ours
        assert word in drawing
        assert "http" not in drawing.replace("http://www.w3.org/2000/svg", "")
        titles = root.findall(".//{*}g/{*}title")
        assert len(titles) == MOST + 1
    assert svg_over_time([]) == ""
    assert ElementTree.fromstring(svg_over_time([run(a=NA)])) is not None
