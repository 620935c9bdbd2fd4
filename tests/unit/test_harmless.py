"""Text of somebody else: seen, and without any effect on what shows it."""

import json
import random
import sys
import unicodedata

import pytest
from hostile import NASTY, harmful

from socle import harmless
from socle.report.words import LANGUAGES


def text(dice: random.Random) -> str:
    """Letters, and as many characters of any other kind."""
    kinds = (lambda: dice.randrange(sys.maxunicode + 1), lambda: dice.randrange(0x20, 0x3000))
    return "".join(chr(dice.choice(kinds)()) for _ in range(dice.randrange(40)))


def texts() -> list[str]:
    dice = random.Random(12)
    return [*NASTY.values(), *(text(dice) for _ in range(2000))]


def test_a_line_is_one_line_that_can_be_seen_and_stays_as_it_is():
    for said in texts():
        line = harmless.line(said)
        assert not harmful(line, tabs=False), repr(said)
        assert len(line.splitlines()) <= 1
        assert harmless.line(line) == line
        line.encode()


def test_letters_are_left_alone():
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character)[0] in "LNPS" and harmless.line(character) != character:
            assert character in "\u115f\u1160\u3164\uffa0"  # letters that nobody can see


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_sentences_are_left_alone(language):
    for sentence in LANGUAGES[language].values():
        assert harmless.line(sentence) == sentence
    assert harmless.line("Cœur : 1\u202f234,5\u00a0% d'« élève »") == (
        "Cœur : 1\u202f234,5\u00a0% d'« élève »"
    )


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a\x1b[2J", "a\\x1b[2J"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\u202e\u2028\x9b", "\\u202e\\u2028\\x9b"),
        ("\udc80\U000e0041", "\\udc80\\U000e0041"),
        ("e\u0301", "e\u0301"),
        (12, "12"),
    ],
)
def test_what_cannot_be_seen_is_shown_by_its_escape(said, shown):
    assert harmless.line(said) == shown


def test_a_line_can_be_cut_and_megabytes_are_not_read():
    assert harmless.line("abcdef", 3) == "abc…"
    assert harmless.line("abc", 3) == "abc"
    assert len(harmless.line("\x1b" * 50_000_000, 10)) == 11


def test_a_block_keeps_lines_and_tabs_alone():
    for said in texts():
        block = harmless.block(said)
        assert not harmful(block)
        assert block.count("\n") == said.count("\n")
    assert harmless.block("a\tb\n\x1bc\r\n") == "a\tb\n\\x1bc\\r\n"


def test_json_loses_nothing_and_shows_nothing_raw():
    for said in texts():
        written = harmless.as_json({said: [said]})
        assert not harmful(written)
        assert json.loads(written) == {said: [said]}
    assert harmless.as_json("Écho\u00a0: œ") == '"Écho\u00a0: œ"'


def test_a_cell_is_no_formula():
    for said in texts():
        assert harmless.cell(said)[:1] not in set("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
    assert harmless.cell("=1+1") == "'=1+1"
    assert harmless.cell("C-ABCD") == "C-ABCD"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("# a", "\\# a"),
        ("- a", "\\- a"),
        ("1. a", "1\\. a"),
        ("10.0.0.1", "10.0.0.1"),
        ("> a", "\\> a"),
        ("<b> & [c](d) *e* _f_ `g` | h", "&lt;b> &amp; \\[c](d) \\*e\\* \\_f\\_ \\`g\\` \\| h"),
        ("Salle d'échographie (écho)", "Salle d'échographie (écho)"),
    ],
)
def test_markdown_stays_text(said, shown):
    assert harmless.markdown(said) == shown
