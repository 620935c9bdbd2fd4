"""The report: its JSON document, and the page that is made from it."""

import json
import re
from dataclasses import replace
from datetime import date, datetime
from html.parser import HTMLParser

import pytest
from documents import HOSTILE, document, kept, outcome, practice, waiver

from socle.baseline.digests import baseline_digest
from socle.report.data import build, write_json
from socle.report.html import render_html, write_html
from socle.report.printed_points import waivers
from socle.report.promises import parts
from socle.report.view import page
from socle.report.words import LANGUAGES, words
from socle.verify.verdicts import Verdict


def test_document_has_its_shape_and_no_setting():
    cabinet = practice(waivers=(waiver(date(2026, 11, 29)),))
    report = document(cabinet, kept(cabinet))
    assert json.loads(json.dumps(report)) == report
    assert report["schema"] == 2
    assert (report["started"], report["finished"]) == (
        "2026-11-30T13:04:55Z",
        "2026-11-30T13:05:07Z",
    )
    assert report["seconds"] == 12.34
    assert set(report["versions"]) >= {"socle", "python", "pyinfra", "ansible-core", "pytest"}
    assert report["hosts"][0]["os"] == "Debian GNU/Linux 12"
    assert report["hosts"][1]["os"] is None
    assert report["hosts"][0]["verdicts"][0] == {
        "control": "lock",
        "verdict": "pass",
        "grounds": {
            "seen": [],
            "wanted": None,
            "fix": None,
            "reason": {"id": "{said}", "values": {"said": "30 s"}},
            "waiver": None,
        },
        "measured": "pass",
        "seconds": 0.012,
        "unreachable": False,
        "facts": [],
    }
    assert report["waivers"][0]["until"] == "2026-11-29"
    assert report["waivers"][0]["expired"] is True
    assert "tres-secret" not in json.dumps(report)


def test_summary_counts_every_verdict():
    verdicts = [*Verdict, Verdict.FAIL]
    cabinet = practice(("accueil",), tuple(f"c{i}" for i in range(6)))
    answers = [outcome("accueil", f"c{i}", verdict) for i, verdict in enumerate(verdicts)]
    summary = document(cabinet, answers)["summary"]
    assert summary == {"pass": 1, "fail": 2, "waived": 1, "not-applicable": 1, "unknown": 1}


def test_an_outcome_of_a_strange_host_and_a_time_without_zone_are_refused():
    with pytest.raises(ValueError, match="ailleurs"):
        document(practice(), [outcome("ailleurs", "lock")])
    with pytest.raises(ValueError, match="time zone"):
        build(practice(), [], started=datetime(2026, 1, 1), finished=datetime(2026, 1, 1))


def test_digest_follows_the_baseline_and_nothing_else(tmp_path):
    (tmp_path / "roles/a").mkdir(parents=True)
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "roles/a/controls.yml").write_text("a: 1\n")
    (tmp_path / "group_vars/all.yml").write_text("b: 1\n")
    before = baseline_digest(tmp_path)
    (tmp_path / "roles/a/deploy.py").write_text("# not a rule\n")
    assert baseline_digest(tmp_path) == before
    (tmp_path / "group_vars/all.yml").write_text("b: 2\n")
    assert baseline_digest(tmp_path) != before


def test_files_are_written_whole_and_for_their_owner(tmp_path):
    report = document(practice(), [])
    write_json(report, tmp_path / "new/report.json")
    write_html(report, tmp_path / "new/report.html")
    assert json.loads((tmp_path / "new/report.json").read_text()) == report
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["report.html", "report.json"]
    assert (tmp_path / "new/report.json").stat().st_mode & 0o777 == 0o600


def test_both_languages_say_everything():
    french, english = LANGUAGES["fr"], LANGUAGES["en"]
    assert french.keys() == english.keys()
    for key in french:
        assert french[key].count("|") == english[key].count("|"), key
        placeholders = [set(re.findall(r"{\w+}", text[key])) for text in (french, english)]
        assert placeholders[0] == placeholders[1], key
    with pytest.raises(ValueError, match="language"):
        words("de")


def test_technical_text_stays_text():
    answers = [outcome("accueil", "lock", Verdict.FAIL, HOSTILE)]
    html = render_html(document(practice(), answers))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "<code>a &lt;b&gt;</code>" in html


@pytest.mark.parametrize("language", ["fr", "en"])
def test_page_needs_nothing_else_and_is_well_formed(language):
    cabinet = practice(waivers=(waiver(date(2026, 12, 24)),))
    html = render_html(document(cabinet, kept(cabinet)), language)
    tags = Tags(html)
    assert f'<html lang="{language}">' in html
    assert not re.search(r"https?://|@import|url\(|<script|<link|<img", html)
    assert all(href.startswith("#") for href in tags.links)
    assert set(tags.links) <= {f"#{name}" for name in tags.ids}
    assert len(tags.ids) == len(set(tags.ids))
    assert all("scope" in attributes for attributes in tags.heads)
    jumps = zip(tags.headings, tags.headings[1:], strict=False)
    assert tags.headings[0] == 1
    assert all(after - before <= 1 for before, after in jumps)
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html
    assert "@page" in html


@pytest.mark.parametrize(
    ("language", "words_of_it"),
    [("fr", "Acceptée par la région"), ("en", "Accepted by the region")],
)
def test_what_the_region_accepted_is_shown_as_its_own(language, words_of_it):
    own = waiver(date(2026, 12, 24))
    pages = []
    for accepted in (own, replace(own, region=True, approved_by="URPS")):
        cabinet = practice(waivers=(accepted,))
        report = document(cabinet, kept(cabinet))
        assert report["waivers"][0]["region"] is accepted.region
        (printed,) = waivers(report["waivers"], page(report, language))
        pages.append((render_html(report, language), [fact[0] for fact in printed["facts"]]))
    (html, facts), (html_of_region, facts_of_region) = pages
    assert words_of_it not in html
    assert words_of_it not in facts
    assert f"<dt>{words_of_it}</dt><dd>URPS</dd>" in html_of_region
    assert words_of_it in facts_of_region


class Tags(HTMLParser):
    """The ids, links, heads and headings of a page; every tag must be closed in order."""

    VOID = ("meta", "br", "col")

    def __init__(self, html):
        super().__init__()
        self.ids, self.links, self.heads, self.headings, self.open = [], [], [], [], []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []
        self.heads += [attributes] if tag == "th" else []
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        self.open += [] if tag in self.VOID else [tag]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def said(report, language="fr"):
    return [
        sentence.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2019", "'")
        for _, sentence in page(report, language).state()
    ]


def test_state_in_one_sentence():
    cabinet = practice()
    assert said(document(cabinet, kept(cabinet))) == ["Les 4 promesses sont toutes tenues."]
    answers = [outcome("accueil", "lock", Verdict.FAIL), *kept(cabinet)[1:]]
    assert said(document(cabinet, answers)) == [
        "3 promesses sur 4 sont tenues.",
        "1 point demande une décision, dont 1 critique.",
    ]
    assert said(document(cabinet, answers), "en")[0] == "3 promises out of 4 are kept."


def test_what_is_waived_or_unknown_never_counts_as_kept():
    answers = [
        outcome("accueil", "lock", Verdict.WAIVED),
        outcome("accueil", "sleep", Verdict.UNKNOWN),
    ]
    sentences = said(document(practice(("accueil",)), answers))
    assert sentences[0] == "0 promesse sur 2 est tenue."
    assert "1 promesse n'a pas pu être mesurée et ne compte pas comme tenue." in sentences


def test_an_unreachable_host_is_named_and_nothing_is_said_of_it():
    refused = "ssh: connect to host medecin: No route to host"
    answers = [outcome("accueil", c) for c in ("lock", "sleep")]
    answers += [
        outcome("medecin", c, Verdict.UNKNOWN, refused, away=True) for c in ("lock", "sleep")
    ]
    report = document(practice(), answers)
    assert [host["reachable"] for host in report["hosts"]] == [True, False]
    assert "medecin n'a pas répondu : rien ne peut en être dit." in said(report)
    html = render_html(report)
    assert html.count("No route to host") == 1


def test_a_partial_run_says_so():
    report = document(practice(), [outcome("accueil", "lock")])
    assert "Examen partiel : 3 promesses n'ont pas été examinées." in said(report)
    assert "non examinée" in render_html(report)


def test_an_empty_practice_has_a_page():
    report = document(practice((), ()), [])
    assert said(report) == ["Aucune promesse n'a été vérifiée."]
    assert Tags(render_html(report)).headings[0] == 1


def test_an_expired_exception_is_told_with_its_date():
    cabinet = practice(waivers=(waiver(date(2026, 11, 1)),))
    report = document(cabinet, kept(cabinet))
    assert said(report)[1].startswith("1 exception est expirée")
    assert "Expirée depuis le 1er\u00a0novembre\u00a02026" in render_html(report)


def entry(**grounds):
    """A failed verdict of a report's document, as it is after `json.loads`."""
    empty = {"seen": [], "wanted": None, "fix": None, "reason": None, "waiver": None}
    return {"verdict": "fail", "measured": "fail", "grounds": empty | grounds}


def test_an_answer_has_parts():
    b, c = ({"id": text, "values": {}} for text in ("b", "c: d"))
    seen = [{"id": "{a}", "values": {"a": "fix: x\ny"}}]
    told = parts(entry(seen=seen, wanted=b, fix=c))
    assert told == (("seen", "fix: x\\ny"), ("wanted", "b"), ("fix", "c: d"))
    assert parts(entry(reason=b)) == (("why", "b"),)
    assert parts(entry()) == ()
