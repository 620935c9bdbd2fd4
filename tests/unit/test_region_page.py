"""The region's page and table: codes and counts, the worst first, and no name anywhere."""

import csv
import random
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import regions
from regions import NOW, command, machine, put

from socle.baseline.rooms import promises
from socle.errors import BadPractice, SocleError
from socle.region.codes import Codes, key_of, read_codes
from socle.region.model import Head, Machine, Source
from socle.region.tally import Tally
from socle.report.region import COLUMNS, render_html, write_csv
from socle.report.region_view import Origin, control_lines, practice_lines

CONTROLS = [one for room in promises(regions.CHECKOUT) for one in room.controls]
HERE = "ab" * 32
ORIGIN = Origin(
    older=2,
    back=0,
    claimed=0,
    renewed=0,
    shared=0,
    refused=1,
    differing=0,
    judging="sample",
    other_baseline=False,
    signatures=False,
    expected=None,
    here=HERE,
)


def head(days=0, socle="0.1.0", baseline=HERE):
    moment = NOW - timedelta(days=days)
    return Head("0" * 64, "martin", "", "a", "", moment, socle, baseline, "", (), ("a",), {})


def tally(*machines, max_age_days=35):
    """``machines``: (code, verdicts that are not pass, days)."""
    made = Tally(CONTROLS, NOW, max_age_days)
    for code, verdicts, days in machines:
        full = {one.id: "pass" for one in CONTROLS} | verdicts
        source = Source.AGAIN if days <= max_age_days else Source.OLD
        made.add(Machine(head(days), full, source, None), code)
    return made


def test_no_name_reaches_the_page_or_the_table(tmp_path):
    real = regions.real()
    bundles, state = tmp_path / "region", tmp_path / "state"
    for host in ("poste-dupont", "machine-duval"):
        put(bundles, machine(real, practice="cabinet-dupont", host=host))
    pages = []
    for number in range(2):
        page, table = tmp_path / f"{number}.html", tmp_path / f"{number}.csv"
        done = command(bundles, "--state", state, "--html", page, "--csv", table)
        assert done.returncode == 1
        text = page.read_text() + table.read_text()
        for name in ("dupont", "duval", "localhost"):
            assert name not in text
        assert "dupont" not in done.stdout + done.stderr
        assert page.stat().st_mode & 0o077 == table.stat().st_mode & 0o077 == 0
        pages.append(set(re.findall(r"C-[A-Z2-7]{4}-[A-Z2-7]{4}", text)))
    assert pages[0] == pages[1] != set()
    for file in state.iterdir():
        assert file.stat().st_mode & 0o077 == 0


def test_codes_need_the_key(tmp_path):
    ours = Codes(key_of(tmp_path / "a"))
    assert ours.of("x") == Codes(key_of(tmp_path / "a")).of("x")
    assert ours.of("x") != Codes(key_of(tmp_path / "b")).of("x")
    (tmp_path / "a/codes.key").chmod(0o644)
    with pytest.raises(SocleError, match="its owner alone can read"):
        key_of(tmp_path / "a")


def test_the_region_gives_codes_of_its_own(tmp_path):
    file = tmp_path / "codes.yml"
    file.write_text('cabinet-martin: "31-0042"\n')
    codes = Codes(b"key", read_codes(file))
    assert codes.of("cabinet-martin") == "31-0042"
    assert codes.of("cabinet-lopez").startswith("C-")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: X1\nb: X1\n", "a code of its own"),
        ("a: b\nb: X1\n", "no practice's name"),
        ('a: "=SUM(1)"\n', "a code in quotes"),
        ("a: 31\n", "a code in quotes"),
        ('"FEDCBA9876543210": X1\n', "id in small letters"),
        ('"": X1\n', "the id or the name of a practice"),
    ],
)
def test_a_code_that_would_mislead_is_refused(tmp_path, text, said):
    (tmp_path / "codes.yml").write_text(text)
    with pytest.raises(BadPractice, match=said):
        read_codes(tmp_path / "codes.yml")


def test_the_least_kept_promise_and_the_gravest_practice_come_first():
    first, second = CONTROLS[0].id, CONTROLS[1].id
    low = next(one.id for one in CONTROLS if one.severity == "medium")
    grave = next(one.id for one in CONTROLS if one.severity == "critical")
    found = tally(
        ("A", {first: "fail", second: "fail", low: "fail"}, 1),
        ("A", {second: "fail"}, 1),
        ("B", {}, 1),
        ("C", {grave: "fail", second: "fail"}, 1),
    )
    assert control_lines(found, "fr")[0].id == second
    lines = practice_lines(found, "fr")
    assert [line.state.code for line in lines][-1] == "B"
    assert [line.verdict for line in lines] == ["fail", "fail", "pass"]


def test_shares_never_say_all_or_nothing_when_it_is_not_so():
    control = CONTROLS[0].id
    machines = [("A", {control: "pass"}, 0)] * 999 + [("B", {control: "fail"}, 0)]
    line = next(one for one in control_lines(tally(*machines), "en") if one.id == control)
    assert line.cells["fail"] == "1\N{NO-BREAK SPACE}(1%)"
    assert line.cells["pass"] == "999\N{NO-BREAK SPACE}(99%)"
    page = render_html(tally(*machines), ORIGIN, "en")
    assert "99.9% of the promises that apply are kept" in page


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_says_how_it_was_made_and_needs_nothing_else(language):
    page = render_html(
        tally(("A", {CONTROLS[0].id: "unknown"}, 100), ("A", {}, 1)), ORIGIN, language
    )
    said = {
        "fr": ("signatures n'ont pas été vérifiées", "ni un certificat", "jugée à nouveau",
               "2 preuves plus anciennes", "plus de 35", "celui d'ici"),
        "en": ("Signatures were not checked", "no certificate", "judged again",
               "2 older, or repeated", "more than 35", "the one here"),
    }[language]  # fmt: skip
    plain = page.translate({0x202F: " ", 0x2019: "'"})
    assert [text for text in said if text not in plain] == []
    assert f'<html lang="{language}">' in page
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert "<script" not in page


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_tells_what_was_judged_declared_and_is_missing(language):
    made = Tally(CONTROLS, NOW, 35)
    good = {one.id: "pass" for one in CONTROLS}
    unknown = dict.fromkeys(good, "unknown")
    for source, signed, verdicts in (
        (Source.AGAIN, True, good),
        (Source.DECLARED, True, good),
        (Source.OLD, True, unknown),
        (Source.NONE, False, unknown),
    ):
        made.add(Machine(head(), verdicts, source, signed), "A")
    made.add_silent("A", 2)
    made.add_silent("B", 0)
    origin = replace(ORIGIN, signatures=True, expected=2, differing=1, shared=1)
    page = render_html(made, origin, language).translate({0x202F: " ", 0xA0: " ", 0x2019: "'"})
    said = {
        "fr": ("1 machine : verdicts déclarés par le cabinet", "Une preuve sur 5",
               "1 machine n'a plus donné de preuve depuis plus de 35 jours",
               "2 machines déclarées par leur cabinet", "1 cabinet attendu n'a rien envoyé",
               "2 cabinets étaient attendus ; 1 ont envoyé", "rien reçu", "qui ne sont pas ceux"),
        "en": ("1 machine: verdicts declared by the practice", "One bundle in 5",
               "1 machine has given no evidence for more than 35 days",
               "2 machines that their practices declare", "1 expected practice sent nothing",
               "2 practices were expected; 1 sent", "nothing received", "not what its answers"),
    }[language]  # fmt: skip
    assert [text for text in said if text not in page] == []
    assert "100 %" not in page
    assert "100%" not in page.partition("</style>")[2]


def test_what_a_bundle_says_of_its_making_cannot_carry_a_name():
    made = Tally(CONTROLS, NOW, 90)
    strange = head(socle="cabinet-martin <b>", baseline="cabinet-martin")
    made.add(Machine(strange, {one.id: "pass" for one in CONTROLS}, Source.DECLARED, True), "A")
    assert "martin" not in render_html(made, ORIGIN)


def test_the_table_has_a_row_for_each_practice_and_control(tmp_path):
    control = CONTROLS[0].id
    found = tally(("A", {control: "fail"}, 3), ("A", {}, 40), ("B", {control: "waived"}, 100))
    write_csv(found, tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * len(CONTROLS)
    first = next(row for row in rows if row["control"] == control)
    assert tuple(first) == COLUMNS
    assert (first["practice"], first["machines"], first["pass"], first["fail"]) == (
        "A", "2", "1", "1",
    )  # fmt: skip
    assert (first["newest_days"], first["oldest_days"]) == ("3", "40")


def test_the_guide_explains_every_column():
    guide = (regions.CHECKOUT / "docs/fr/region.md").read_text()
    assert [column for column in COLUMNS if f"`{column}`" not in guide] == []


def test_a_large_region_stays_a_few_pages():
    dice = random.Random(1)
    made = tally(
        *(
            (f"C-{n // 4}", {one.id: dice.choice(["pass", "fail"]) for one in CONTROLS}, n % 400)
            for n in range(2000)
        )
    )
    page = render_html(made, ORIGIN)
    assert len(page) < 100_000
    assert "Et 440 cabinets de plus, dans le tableau CSV." in page


def test_nothing_to_count_is_said():
    assert "No evidence could be read." in render_html(tally(), ORIGIN, "en")
