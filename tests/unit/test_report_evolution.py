"""The report's chapter on what moved since earlier runs."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from documents import document, outcome, practice
from pypdf import PdfReader

from socle.report.evolution import evolution
from socle.report.history import NOTHING_KEPT, Apply, History, run_of
from socle.report.html import render_html
from socle.report.pdf import render_pdf
from socle.report.view import page
from socle.verify.verdicts import Verdict

APPLIED = Apply(datetime(2026, 11, 30, 13, 5, 0, tzinfo=UTC), {"accueil": 3}, ())


def judged(**verdicts):
    """A run of two machines with two promises; what is not named holds."""
    cabinet = practice()
    answers = [
        outcome(host, control, verdicts.get(f"{host}_{control}", Verdict.PASS))
        for host in cabinet.hosts
        for control in ("lock", "sleep")
    ]
    return document(cabinet, answers)


@pytest.fixture
def past():
    before = run_of(judged(medecin_sleep=Verdict.FAIL) | {"finished": "2026-11-29T08:00:00Z"})
    return History((before,), (APPLIED,))


def test_the_first_run_has_nothing_to_compare_with():
    assert evolution(NOTHING_KEPT, page(judged(), "fr")) is None
    assert "Premier passage conservé" in render_html(judged())


def test_what_got_worse_and_better_is_told_with_its_machines(past):
    now = judged(accueil_lock=Verdict.FAIL)
    last, applied = evolution(past, page(now, "fr")).chapters
    assert last.headline == "Depuis le passage précédent, le 29\u00a0novembre\u00a02026"
    assert [(one.verdict, one.where) for one in last.moved] == [
        ("fail", "accueil"),
        ("pass", "medecin"),
    ]
    assert applied.headline.startswith("Effet de la configuration appliquée le 30")
    assert applied.moved == last.moved


def test_where_nothing_moved_the_page_says_so(past):
    now = judged(medecin_sleep=Verdict.FAIL)
    (last,) = evolution(past, page(now, "en")).chapters
    assert last.moved == ()
    assert "Nothing better, nothing worse." in render_html(now, "en", past)


def test_the_drawing_is_in_both_forms_of_the_report(past):
    now = judged()
    assert 'class="timeline"' in render_html(now, past=past)
    printed = PdfReader(BytesIO(render_pdf(now, past=past)))
    text = "\n".join(one.extract_text() for one in printed.pages)
    assert "Depuis le passage précédent" in text
