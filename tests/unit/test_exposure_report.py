"""The doctor's answer, and what the notification says: never more than was measured."""

from datetime import timedelta

import pytest
from documents import DECLARED
from exposed import HERE, NOW, attested
from rooms import need

from socle.baseline.model import Control
from socle.exposure.judge import judge
from socle.exposure.model import Port
from socle.exposure.recognised import Association, recognised
from socle.report.exposure import Fact, answer, facts, seen
from socle.report.history import Run
from socle.report.notification import Known, measures, notification
from socle.verify.verdicts import Verdict

need("box", "firewall", "imaging")
INSIDE = DECLARED.inside
CANARY, MAPPINGS = (one.control for one in INSIDE)
PASS, FAIL, UNKNOWN, WAIVED = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.WAIVED
CLOSED = judge([attested()], [HERE], NOW)
NOTHING = judge([], [HERE], NOW)
IMAGES = judge([attested(opened=[Port(port=9000, dicom=Association.ACCEPTED)])], [HERE], NOW)


def fact(control, verdict=PASS, host="imagerie"):
    telling = next(one for one in INSIDE if one.control == control)
    return Fact(host, telling, verdict, NOW)


BOTH = [fact(CANARY), fact(MAPPINGS)]


def plain(text):
    return text.translate({0xA0: " ", 0x202F: " ", 0x2019: "'"})


def said(judged, inside, language="fr"):
    found = answer(judged, [HERE], inside, DECLARED, language)
    return found.state, plain(found.text)


def test_nothing_open_is_said_with_what_it_rests_on():
    count = len(recognised().ports)
    state, text = said(CLOSED, BOTH)
    assert state == "closed"
    assert text == (
        "Aucune image n'est joignable depuis Internet, d'après le contrôle extérieur du "
        f"21 novembre 2026 ({count} ports TCP essayés sur 203.0.113.7), le canari du 22 "
        "novembre 2026 (1 machine) et les redirections annoncées par la box, lues le 22 "
        "novembre 2026."
    )


def test_what_was_not_measured_from_inside_is_said():
    state, text = said(CLOSED, [fact(CANARY)])
    assert state == "closed"
    assert text.endswith("Non mesuré, ou il y a trop longtemps : les redirections de la box.")


@pytest.mark.parametrize("inside", [[], [fact(CANARY, UNKNOWN)], BOTH])
def test_without_a_look_from_outside_nobody_knows(inside):
    state, text = said(NOTHING, inside)
    assert state == "unknown"
    assert text.startswith("On ne sait pas si des images sont joignables")
    assert "Aucune image" not in text


def test_images_that_answer_are_said_first():
    state, text = said(IMAGES, BOTH)
    assert state == "open"
    assert text == (
        "Attention : un logiciel d'imagerie laisse entrer un inconnu depuis Internet, "
        "203.0.113.7 port 9000, vu le 21 novembre 2026."
    )


@pytest.mark.parametrize("verdict", [FAIL, WAIVED])
@pytest.mark.parametrize("control", [CANARY, MAPPINGS])
def test_what_a_machine_saw_outweighs_a_closed_look(control, verdict):
    state, text = said(CLOSED, [fact(control, verdict)])
    assert state == "open"
    assert "imagerie" in text


def test_the_answer_is_there_in_english():
    assert said(CLOSED, BOTH, "en")[1].startswith("No image can be reached from the Internet, by")


def test_verdicts_that_are_too_old_do_not_count():
    old = Run(NOW - timedelta(days=91), {("a", CANARY): PASS}, frozenset("a"), frozenset())
    new = Run(NOW, {("a", MAPPINGS): PASS, ("a", "other"): FAIL}, frozenset("a"), frozenset())
    assert [one.inside.control for one in facts([old, new], NOW, 90, INSIDE)] == [MAPPINGS]


def document(**changes) -> str:
    known = {
        "practice": "cabinet-martin",
        "gathered": NOW,
        "since": NOW - timedelta(days=30),
        "known": None,
        "approved_by": None,
        "seen": seen(NOTHING, [HERE], [], DECLARED),
        "machines": ("imagerie",),
        "silent": {},
        "nature": (),
        "data": (),
        "measures": (),
        "verified": None,
    }
    text = notification(Known(**{**known, **changes}))
    return plain(text)


def test_what_is_not_known_is_left_to_be_filled_in():
    text = document()
    assert "Prise de connaissance de la violation** : à compléter" in text
    for question in ("Nombre approximatif de personnes", "Délégué à la protection", "Niveau de"):
        line = next(line for line in text.splitlines() if question in line)
        assert line.endswith("à compléter")


def test_the_72_hours_count_from_when_it_became_known():
    text = document(known=NOW)
    assert "Notifier au plus tard** : 25 novembre 2026" in text


def test_facts_are_filled_in():
    text = document(
        seen=seen(IMAGES, [HERE], [], DECLARED),
        silent={"accueil": "no answer"},
        nature=(("imagerie", "Journaux : 3 adresses", "addresses.json"),),
        data=("stockage : 5300 fichiers (tous)",),
        approved_by="Dr N.",
        measures=(("Disques chiffrés", "non tenu"),),
    )
    for words in (
        "laisse entrer un inconnu",
        "accueil (no answer)",
        "- Journaux : 3 adresses (`evidence/imagerie/addresses.json`)",
        "  - stockage : 5300 fichiers (tous)",
        "autorisé par : Dr N.",
        "Disques chiffrés : non tenu",
    ):
        assert words in text


def test_the_law_is_told_with_the_nuance_of_2022():
    text = document()
    for words in ("n° 449694", "2 500 €", "art. 34", "72 heures", "art. 33, § 5", "17Cyber"):
        assert words in text


def test_measures_are_the_worst_of_all_machines():
    title = {"fr": "Verrou", "en": "Lock"}
    controls = [
        Control("lock", "r", title, "t", "critical", ("all",)),
        Control("minor", "r", title, "t", "low", ("all",)),
    ]
    verdicts = {("a", "lock"): PASS, ("b", "lock"): FAIL, ("a", "minor"): FAIL}
    run = Run(NOW, verdicts, frozenset("ab"), frozenset())
    assert measures(controls, [run]) == (("Verrou", "non tenu"),)
