"""What the reports say of backups: from facts alone, and no more than was measured."""

import re

from documents import DECLARED, copy, document, outcome, practice, restore, with_backups

from roles.backup.report_words import WORDS
from socle.report.view import page
from socle.verify.verdicts import Verdict


def section(report, language="en"):
    (found,) = page(report, language, DECLARED).sections
    return found


def backups(report):
    return [(one.name, *map(plain, one.brief)) for one in section(report).machines]


def plain(text):
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2019", "'")


def test_both_languages_say_the_same():
    for text in WORDS.values():
        french, english = (set(re.findall(r"{\w+}", said)) for said in (text.fr, text.en))
        assert french == english


def test_a_machine_is_as_old_as_its_oldest_copy():
    report = with_backups(copy("nas", 30), copy("far", 21), restore("nas", 29), restore("far", 11))
    assert backups(report) == [("accueil", "21 November 2026", "11 November 2026")]


def test_a_repository_that_was_not_restored_from_leaves_the_machine_unproven():
    report = with_backups(copy("nas", 30), copy("far", 30), restore("nas", 29))
    assert backups(report) == [("accueil", "30 November 2026", "not measured")]
    (machine,) = section(report).machines
    assert [plain(one.cells[1]) for one in machine.rows] == [
        "29 November 2026, 21 files came back intact",
        "not measured",
    ]


def test_a_failed_restore_is_told_before_a_good_one():
    facts = (copy("nas", 30), copy("far", 30), restore("nas", 1), restore("far", 30, "failed"))
    report = with_backups(*facts, verdict=Verdict.FAIL)
    assert backups(report) == [("accueil", "30 November 2026", "failed on 30 November 2026")]
    assert section(report).machines[0].verdict == "fail"


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
    (machine,) = section(with_backups(copy("nas", 30), restore("nas", 29), disk)).machines
    assert [(one.name, one.note) for one in machine.rows][-1] == ("usb", "unplugged disk")
    assert plain(machine.brief[0]) == "30 November 2026"


def test_the_full_exercise_is_told_as_declared():
    told = section(with_backups({"kind": "exercise", "date": "2026-11-15"})).remark
    assert plain(told) == (
        "Last full exercise of restoration, as the practice declares: 15 November 2026."
    )
    assert section(with_backups()).remark == ""


def test_a_document_of_an_older_run_has_a_page_too():
    report = with_backups()
    for host in report["hosts"]:
        for entry in host["verdicts"]:
            del entry["facts"]
    assert backups(report) == [("accueil", "not measured", "not measured")]
