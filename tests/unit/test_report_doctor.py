"""The doctor's page: what it says, and that it stays short."""

from datetime import date
from html import unescape

import pytest
from documents import DECLARED, crowded, document, kept, outcome, practice, waiver

from socle.report.declared import Declared
from socle.report.doctor import MOST, doctor
from socle.report.html import render_html
from socle.report.pdf import render_pdf
from socle.report.rooms import RoomReport
from socle.report.sections import Column, Machine, Row, Section
from socle.report.view import page
from socle.report.words import words
from socle.verify.verdicts import Verdict


def first_page(report, language="fr"):
    return doctor(page(report, language))


def test_a_theme_is_as_good_as_its_worst_promise():
    answers = [outcome("accueil", "lock"), outcome("accueil", "sleep", Verdict.UNKNOWN)]
    (theme,) = first_page(document(practice(("accueil",)), answers)).themes
    assert (theme.verdict, theme.said) == ("unknown", "1 sur 2")


def test_a_theme_that_applies_to_nothing_says_so():
    answers = [outcome("accueil", c, Verdict.NOT_APPLICABLE) for c in ("lock", "sleep")]
    (theme,) = first_page(document(practice(("accueil",)), answers)).themes
    assert theme.said == "sans objet"


def test_lists_are_short_and_say_what_they_leave_out():
    found = first_page(crowded())
    assert len(found.decisions) == len(found.waivers) == MOST
    assert found.more_decisions == "et 50 de plus, détaillés plus loin"
    assert found.more_waivers == "et 5 de plus, détaillés plus loin"
    assert found.dense


def test_the_exception_that_ends_first_comes_first():
    cabinet = practice(waivers=(waiver(date(2027, 3, 1)), waiver(date(2026, 12, 1))))
    assert [w["until"] for w in first_page(document(cabinet, [])).waivers] == [
        "2026-12-01",
        "2027-03-01",
    ]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_never_claims_conformity(language):
    cabinet = practice()
    report = document(cabinet, kept(cabinet))
    html = unescape(render_html(report, language, declared=DECLARED))
    assert words(language)["disclaimer"] in html
    assert all(item in html for item in words(language)["uncovered"].split("|"))
    assert DECLARED.uncovered(language)
    assert all(item in html for item in DECLARED.uncovered(language))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_section_stands_on_the_page_in_short_and_whole(language):
    names = [f"m{i}" for i in range(MOST + 1)]
    machines = [Machine(name, "pass", (f"{name} in short",), ()) for name in names]
    machines.append(Machine("worst", "fail", ("in short",), (Row("one", "note", ("<b>",)),)))
    columns = (Column("First", 1.0), Column("Second", 2.0))
    section = Section("toys", "Toys", "Intro.", "None.", ("Brief",), columns, tuple(machines))
    declared = Declared((RoomReport(sections=lambda _: (section,)),))
    cabinet = practice()
    report = document(cabinet, kept(cabinet))
    (brief,) = doctor(page(report, language, declared)).briefs
    assert [one.name for one in brief.machines] == ["worst", *names[: MOST - 1]]
    html = render_html(report, language, declared=declared)
    assert "<td>in short</td>" in html
    assert '<section id="toys"' in html
    assert "<td>&lt;b&gt;</td>" in html
    assert words(language)["not_known"] in html, "of the machines without rows"
    assert render_pdf(report, language, declared=declared)


def test_without_a_checkout_a_report_has_the_sections_of_the_house():
    html = render_html(document(practice(), []))
    assert words("fr")["by_theme"] in html
    assert '<section id="backups"' not in html
