"""The PDF: to be kept for years, to be read aloud, and nothing in it is markup."""

import re
from io import BytesIO

import pytest
from documents import crowded, document, kept, outcome, practice
from pypdf import PdfReader

from socle.harmless import line
from socle.report.pdf import SHOWN, render_pdf, write_pdf
from socle.report.words import words
from socle.verify.verdicts import Verdict

MARKUP = """seen: #panic("no") #read("/etc/passwd") $x$ *bold* <label> @ref \\ `raw #1`"""


def read(report, language="fr"):
    return PdfReader(BytesIO(render_pdf(report, language)))


def text(pages):
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize("language", ["fr", "en"])
def test_it_says_that_it_is_archivable_tagged_and_in_which_language(language):
    cabinet = practice()
    found = read(document(cabinet, kept(cabinet)), language)
    xmp = found.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    root = found.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).startswith(language)
    name = words(language)["practice"].format(practice="demo")
    assert found.metadata.title == words(language)["title"].format(practice=name)


def tags(node, found):
    kind = node.get("/S")
    if kind:
        found.add(str(kind))
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        child = kid.get_object() if hasattr(kid, "get_object") else kid
        if hasattr(child, "get"):
            tags(child, found)
    return found


def test_headings_tables_and_lists_are_tagged():
    structure = read(crowded()).trailer["/Root"]["/StructTreeRoot"]
    assert tags(structure, set()) >= {"/H1", "/H2", "/Table", "/TH", "/TD", "/L", "/Link"}


def test_the_doctors_page_is_one_page_even_of_a_large_practice():
    found = read(crowded(), "en")
    assert "nor of what was not measured" in text(found.pages[:1])
    assert text(found.pages[1:2]).startswith("What has to be decided, in detail")


def test_what_a_machine_says_stays_text():
    answers = [outcome("accueil", "lock", Verdict.FAIL, MARKUP)]
    said = text(read(document(practice(), answers)).pages)
    assert '#panic("no") #read("/etc/passwd") $x$ *bold* <label> @ref' in said


def test_an_empty_practice_has_a_page():
    assert "Aucune promesse n\u2019a été vérifiée." in text(
        read(document(practice((), ()), [])).pages
    )


def test_the_same_report_gives_the_same_bytes():
    report = document(practice(), [outcome("accueil", "lock")])
    assert render_pdf(report) == render_pdf(report)


def test_it_is_for_its_owner(tmp_path):
    write_pdf(document(practice(), []), tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["report.pdf"]


@pytest.mark.parametrize("odd", ["日本", "🙂", "\x1b[31m", "عربي", "\ue000", "\ud83d", "\x00"])
def test_no_character_keeps_the_report_from_being_made(odd):
    answers = [outcome("accueil", "lock", Verdict.FAIL, f"seen: `{odd}` {odd}")]
    shown = f"[U+{ord(odd[0]):04X}]" if odd.isprintable() else line(odd)
    assert shown in text(read(document(practice(), answers)).pages)


def test_every_character_that_is_let_through_can_be_shown():
    allowed = re.compile(f"[{SHOWN}]")
    every = " ".join(c for c in map(chr, range(33, 0x10000)) if allowed.match(c) and c != "`")
    render_pdf(
        document(practice(), [outcome("accueil", "lock", Verdict.FAIL, f"`{every}` {every}")])
    )
