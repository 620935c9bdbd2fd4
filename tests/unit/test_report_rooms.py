"""What rooms say to the reports: names, doors and sentences, each in both languages."""

import re
from dataclasses import fields, is_dataclass

import pytest
from documents import DECLARED, ROOT, document, outcome, practice

from socle import harmless
from socle.baseline import rooms
from socle.baseline.catalogue import controls_page
from socle.errors import BadPractice
from socle.report import declared, labels
from socle.report.html import render_html
from socle.report.rooms import RoomReport
from socle.report.sarif import as_sarif
from socle.report.words import Text
from socle.verify.verdicts import Verdict

NAMED = """
from socle.report.labels import Source
from socle.report.rooms import RoomReport

REPORT = RoomReport(
    themes={"toys": ("Jouets", "Playthings")},
    groups={"shelves": ("Étagères", "Shelves")},
    references={"toy_law": Source("LOI", "Loi des jouets", "The law of toys")},
)
"""


def texts(value):
    """Every sentence in what a room says."""
    if isinstance(value, Text):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from texts(one)
    elif is_dataclass(value):
        for one in fields(value):
            yield from texts(getattr(value, one.name))


def test_every_sentence_says_the_same_in_both_languages():
    found = [*texts(DECLARED.rooms)]
    assert found
    for text in found:
        french, english = (set(re.findall(r"{\w+}", said)) for said in (text.fr, text.en))
        assert french == english, text
        assert text.fr.count("|") == text.en.count("|"), text
        for language in ("fr", "en"):
            assert harmless.line(text.said(language)) == text.said(language)


def test_every_promise_that_a_report_names_is_there():
    promises = {one.id for room in rooms.promises(ROOT) for one in room.controls}
    named = {one.control for one in (*DECLARED.doors, *DECLARED.inside)} | DECLARED.walls
    assert named <= promises


def test_every_theme_document_and_group_of_the_rooms_has_a_name():
    names = DECLARED.labels
    for room in rooms.promises(ROOT):
        for one in room.controls:
            assert one.theme in names.themes, one.id
            assert set(one.references) <= set(names.references), one.id
            assert set(one.applies_to) <= set(names.groups), one.id


def test_a_room_s_names_are_those_of_every_page(toy):
    toy.write("/roles/toy/report.py", NAMED)
    text = (toy.root / "roles/toy/controls.yml").read_text()
    toy.write("/roles/toy/controls.yml", text.replace("cnil_guide_2024", "toy_law"))
    found = declared.of(toy.root)
    page = controls_page(rooms.find(toy.root), "en", found.labels)
    assert "- References: LOI: 6.1\n" in page
    assert page.endswith("\n- The law of toys\n")
    assert found.labels.group_name("shelves", "fr") == "Étagères"
    assert found.labels.peer_name("shelves", "en") == "Shelves"
    cabinet = practice(("accueil",))
    for one in cabinet.controls:
        object.__setattr__(one, "theme", "toys")
        object.__setattr__(one, "references", {"toy_law": ["6.1"]})
    report = document(cabinet, [outcome("accueil", "lock")])
    html = render_html(report, "en", declared=found)
    assert "Playthings" in html
    assert "The law of toys" in html
    (run,) = as_sarif(report, "en", found.labels)["runs"]
    assert "LOI: 6.1" in run["tool"]["driver"]["rules"][0]["properties"]["tags"]


@pytest.mark.parametrize(
    ("report", "wanted"),
    [
        ("REPORT = 1\n", "RoomReport"),
        (NAMED.replace('"toys"', '"exposure"'), "themes: exposure"),
        (NAMED.replace('"toy_law"', '"cis"'), "references: cis"),
    ],
    ids=["no report", "a theme of the house", "a document of the house"],
)
def test_what_is_no_report_or_renames_something_is_refused(toy, report, wanted):
    toy.write("/roles/toy/report.py", report)
    with pytest.raises(BadPractice, match=wanted):
        declared.of(toy.root)


def test_two_rooms_may_name_one_thing_alike_and_not_otherwise(toy):
    toy.write("/roles/toy/report.py", NAMED)
    toy.write("/roles/teddy/report.py", NAMED)
    assert declared.of(toy.root).labels.theme("toys", "en") == "Playthings"
    declared.of.cache_clear()
    toy.write("/roles/bear/report.py", NAMED.replace("Jouets", "Ours"))
    with pytest.raises(BadPractice, match="themes: toys"):
        declared.of(toy.root)


def test_without_rooms_there_are_the_names_of_the_house():
    assert declared.NOTHING_DECLARED.labels.themes == labels.THEMES
    assert declared.Declared((RoomReport(),)).labels.groups == labels.GROUPS


@pytest.mark.parametrize("left_out", range(len(DECLARED.rooms)))
def test_a_report_can_do_without_any_room(left_out):
    others = DECLARED.rooms[:left_out] + DECLARED.rooms[left_out + 1 :]
    controls = tuple({one.control for one in DECLARED.doors} | DECLARED.walls)
    facts = tuple({"kind": one.fact, **dict.fromkeys(one.named_by, 104)} for one in DECLARED.doors)
    answers = [outcome("accueil", one, Verdict.FAIL, facts=facts) for one in controls]
    report = document(practice(("accueil",), controls), answers)
    for language in ("fr", "en"):
        html = render_html(report, language, declared=declared.Declared(others))
        assert 'id="story"' in html
