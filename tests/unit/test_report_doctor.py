"""The doctor's page: what it says, and that it stays short."""

from datetime import date
from html import unescape

import pytest
from documents import (
    copy,
    crowded,
    document,
    kept,
    outcome,
    practice,
    restore,
    waiver,
    with_backups,
)

from socle.report.backups import exercise, machines
from socle.report.doctor import MOST, doctor
from socle.report.html import render_html
from socle.report.view import page
from socle.report.words import words
from socle.verify.verdicts import Verdict


def first_page(report, language="fr"):
    return doctor(page(report, language))


def backups(report, language="en"):
    return [
        (one.name, plain(one.copied), plain(one.restored))
        for one in machines(page(report, language))
    ]


def plain(text):
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2019", "'")


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


def test_a_machine_is_as_old_as_its_oldest_copy():
    report = with_backups(copy("nas", 30), copy("far", 21), restore("nas", 29), restore("far", 11))
    assert backups(report) == [("accueil", "21 November 2026", "11 November 2026")]


def test_a_repository_that_was_not_restored_from_leaves_the_machine_unproven():
    report = with_backups(copy("nas", 30), copy("far", 30), restore("nas", 29))
    assert backups(report) == [("accueil", "30 November 2026", "not measured")]
    (machine,) = machines(page(report, "en"))
    assert [plain(one.restored) for one in machine.repositories] == [
        "29 November 2026, 21 files came back intact",
        "not measured",
    ]


def test_a_failed_restore_is_told_before_a_good_one():
    facts = (copy("nas", 30), copy("far", 30), restore("nas", 1), restore("far", 30, "failed"))
    report = with_backups(*facts, verdict=Verdict.FAIL)
    assert backups(report) == [("accueil", "30 November 2026", "failed on 30 November 2026")]
    assert machines(page(report, "en"))[0].verdict == "fail"


def test_without_facts_nothing_is_claimed():
    assert backups(with_backups()) == [("accueil", "not measured", "not measured")]


def test_a_machine_without_data_has_no_backups():
    report = document(
        practice(("accueil",), ("backup-scheduled",)),
        [outcome("accueil", "backup-scheduled", Verdict.NOT_APPLICABLE)],
    )
    assert backups(report) == []


def test_an_unplugged_disk_counts_for_the_machine_whose_copies_it_holds():
    disk = {
        "kind": "disk",
        "repository": "usb",
        "machine": "accueil",
        "time": "2026-11-20T08:00:00Z",
    }
    (machine,) = machines(page(with_backups(copy("nas", 30), restore("nas", 29), disk), "en"))
    assert [(one.name, one.place) for one in machine.repositories][-1] == ("usb", "unplugged disk")
    assert plain(machine.copied) == "30 November 2026"


def test_the_full_exercise_is_told_as_declared():
    told = exercise(page(with_backups({"kind": "exercise", "date": "2026-11-15"}), "en"))
    assert plain(told) == (
        "Last full exercise of restoration, as the practice declares: 15 November 2026."
    )
    assert exercise(page(with_backups(), "en")) == ""


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_never_claims_conformity(language):
    cabinet = practice()
    html = unescape(render_html(document(cabinet, kept(cabinet)), language))
    assert words(language)["disclaimer"] in html
    assert all(item in html for item in words(language)["uncovered"].split("|"))


def test_a_document_of_an_older_run_has_a_page_too():
    report = with_backups()
    for host in report["hosts"]:
        for entry in host["verdicts"]:
            del entry["facts"]
    assert backups(report) == [("accueil", "not measured", "not measured")]
