"""What a machine says of its last look, and who has heard it."""

from datetime import UTC, datetime, timedelta

import pytest

from socle.errors import SocleError
from socle.watch import report
from socle.watch.report import Report

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


def look(**verdicts):
    named = {name.replace("_", "-"): verdict for name, verdict in verdicts.items()}
    return Report("accueil", "cabinet", NOW.isoformat(), "abc", verdicts=named, own="watch")


def test_a_report_is_read_as_it_was_kept_by_root_alone(tmp_path):
    found = look(a="pass", b="fail")
    report.keep(found, tmp_path)
    assert report.last(tmp_path) == found
    assert (tmp_path / report.LAST).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 2}', '{"schema": 1, "host": "x"}'])
def test_a_report_that_cannot_be_read_is_none(tmp_path, text):
    (tmp_path / report.LAST).write_text(text)
    assert report.last(tmp_path) is None


@pytest.mark.parametrize(
    ("before", "now", "worse"),
    [
        ("pass", "fail", True),
        (None, "fail", True),
        ("fail", "fail", False),
        ("waived", "unknown", True),
        ("fail", "unknown", False),
        (None, "unknown", False),
        ("fail", "pass", False),
        ("pass", "not-applicable", False),
    ],
)
def test_worse_is_what_broke_or_is_no_longer_measured(before, now, worse):
    known = {} if before is None else {"a": before}
    assert report.got_worse(known, {"a": now}) == (("a",) if worse else ())


def test_an_acknowledgement_says_who_and_why_and_runs_out(tmp_path):
    found = look(a="fail", b="fail")
    report.keep(found, tmp_path)
    made = report.acknowledge("a", who="Dr N.", why="jeudi", days=30, state=tmp_path, now=NOW)
    assert (made.who, made.until) == ("Dr N.", (NOW + timedelta(days=30)).isoformat())
    assert report.ignored(found, tmp_path, NOW + timedelta(days=29)) == ["b"]
    assert report.ignored(found, tmp_path, NOW + timedelta(days=30)) == ["a", "b"]


def test_only_what_is_broken_can_be_acknowledged(tmp_path):
    report.keep(look(a="pass", b="fail"), tmp_path)
    with pytest.raises(SocleError, match=r"expected a broken promise \(b\), read a"):
        report.acknowledge("a", who="x", why="y", days=1, state=tmp_path)


def test_what_was_mended_and_breaks_again_is_acknowledged_anew(tmp_path):
    report.keep(look(a="fail"), tmp_path)
    report.acknowledge("a", who="x", why="y", days=30, state=tmp_path, now=NOW)
    report.forget_mended(look(a="unknown"), tmp_path)
    assert report.ignored(look(a="fail"), tmp_path, NOW) == []
    report.forget_mended(look(a="pass"), tmp_path)
    assert report.ignored(look(a="fail"), tmp_path, NOW) == ["a"]


def test_the_control_of_the_watch_is_no_reason_for_a_warning(tmp_path):
    assert report.ignored(look(watch="fail", a="pass"), tmp_path, NOW) == []
