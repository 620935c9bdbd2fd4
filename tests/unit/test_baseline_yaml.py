"""Settings files: plain data with line numbers, everything else refused."""
# ruff: noqa: E501 - whole messages, each on its line

from datetime import date
from pathlib import Path

import pytest

from socle.baseline.yaml import read
from socle.errors import BadPractice


def problems(file: Path) -> list[str]:
    with pytest.raises(BadPractice) as caught:
        read(file)
    return [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.yml"


def test_data_and_lines(file: Path) -> None:
    file.write_text("---\n# c\na: 1\nb:\n  - x: é\n    y: [1, 2]\n  - 2027-05-31\nc:\n")
    document = read(file)
    assert document.data == {
        "a": 1,
        "b": [{"x": "é", "y": [1, 2]}, date(2027, 5, 31)],
        "c": None,
    }
    assert document.line("a") == 3
    assert document.line("b", 0) == 5
    assert document.line("b", 0, "y", 1) == 6
    assert document.line("b", 0, "z") == 5, "the nearest thing around"
    assert document.line() == 3


@pytest.mark.parametrize("text", ["", "---\n", "# only a comment\n"])
def test_empty(file: Path, text: str) -> None:
    file.write_text(text)
    assert read(file).data is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: [1\n", ["3: file: expected valid YAML, read expected ',' or ']', but got '<stream end>'"]),
        ("a:\n\tb: 1\n", ["2: file: expected valid YAML, read found character '\\t' that cannot start any token"]),
        ("a: 1\nb: 2\na: 3\n", ["3: a: expected one value; line 1 sets it already"]),
        ("a: 1\n---\nb: 1\n", ["3: file: expected one YAML document, read 2 documents"]),
        ("a: x {{ y }}\n", ["1: a: expected a value without Jinja: settings are data, read x {{ y }}"]),
        ("a:\n - '{% if %}'\n", ["2: a.0: expected a value without Jinja: settings are data, read {% if %}"]),
        ("a: 'x{#'\n", ["1: a: expected a value without Jinja: settings are data, read x{#"]),
        ("'{{ a }}': 1\n", ["1: file: expected a key without Jinja: settings are data, read {{ a }}"]),
        ("a: !vault x\n", ["1: a: expected plain data without a YAML tag, read !vault"]),
        ("a: !!python/name:os.system\n", ["1: a: expected plain data without a YAML tag, read tag:yaml.org,2002:python/name:os.system"]),
        ("a: !!set {x, y}\n", ["1: a: expected plain data without a YAML tag, read tag:yaml.org,2002:set"]),
        ("a: &x 1\nb: *x\n", ["2: alias: expected values written out, without YAML aliases, read *x"]),
        ("a: &x [*x]\n", ["1: alias: expected values written out, without YAML aliases, read *x"]),
        ("a: {<<: {b: 1}}\n", ['1: a: expected a text key, or the key in quotes: "…", read <<']),
        ("a: {yes: 1}\n", ['1: a: expected a text key, or the key in quotes: "…", read yes']),
        ("1: x\n", ['1: file: expected a text key, or the key in quotes: "…", read 1']),
        ("[a]: x\n", ['1: file: expected a text key, or the key in quotes: "…", read a list or mapping']),
        ("a: 2027-02-30\n", ["1: a: expected a value that exists, or text in quotes, read 2027-02-30"]),
        ("a: \x00\n", ["1: file: expected text without control characters"]),
    ],
)  # fmt: skip
def test_refused(file: Path, text: str, expected: list[str]) -> None:
    file.write_text(text)
    assert problems(file) == expected


def test_all_at_once(file: Path) -> None:
    file.write_text("a: '{{'\nb: !x 1\nb: 2\n3: 4\n")
    assert [line.partition(":")[0] for line in problems(file)] == ["1", "2", "3", "4"]


def test_other_encodings(file: Path) -> None:
    file.write_bytes(b"a: 1\nb: caf\xe9\n")
    assert problems(file) == ["2: file: expected text in UTF-8"]


def test_byte_order_mark(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(file).data == {"a": 1}


def test_bottomless(file: Path) -> None:
    file.write_text("[" * 5000)
    assert problems(file) == ["0: file: expected fewer levels of nesting"]


@pytest.mark.parametrize(
    ("written", "reads"),
    [
        ("022", " (YAML reads 18 here)"),
        ("00", " (YAML reads 0 here)"),
        ("+5", " (YAML reads 5 here)"),
        ("1_000", " (YAML reads 1000 here)"),
        ("0x1F", " (YAML reads 31 here)"),
        ("0b11", " (YAML reads 3 here)"),
        ("22:30", " (YAML reads 1350 here)"),
        ("0612345670", " (YAML reads 103402424 here)"),
        *(
            (word, "")
            for word in ("0687654321", "08", "0o22", "1e3", "1.5e3", "1.0e+3", "1.", ".5")
        ),
        *((word, "") for word in (".inf", ".nan", "1_0.5", "12:30:45.5")),
    ],
)
def test_numbers_that_read_otherwise_than_they_look(file: Path, written: str, reads: str) -> None:
    file.write_text(f"---\na: [{written}]\n")
    wanted = f"a plain decimal number, or text in quotes{reads}, read {written}"
    assert problems(file) == [f"2: a.0: expected {wanted}"]
    file.write_text(f'a: ["{written}"]\n')
    assert read(file).data == {"a": [written]}


@pytest.mark.parametrize("written", ["yes", "No", "on", "OFF"])
def test_words_that_are_truth_to_yaml_alone(file: Path, written: str) -> None:
    file.write_text(f"a: {written}\n")
    value = written.lower() in {"yes", "on"}
    wanted = f"true or false, or text in quotes (YAML reads {value} here), read {written}"
    assert problems(file) == [f"1: a: expected {wanted}"]


def test_a_moment_where_a_day_is_meant(file: Path) -> None:
    file.write_text("a: 2027-05-31 10:00:00\n")
    (line,) = problems(file)
    assert line.startswith("1: a: expected a date such as 2027-05-31, or text in quotes")


def test_what_looks_like_nothing_else_stays(file: Path) -> None:
    file.write_text(
        "a: [0, -5, 8042, 1.5, True, false, ~, 10.0.0.1, 6000-6010, aa:bb, 192.168.1]\n"
    )
    assert read(file).data["a"] == [
        *(0, -5, 8042, 1.5, True, False, None),
        *("10.0.0.1", "6000-6010", "aa:bb", "192.168.1"),
    ]


def test_merge_conflicts_are_named_by_their_lines(file: Path) -> None:
    file.write_text("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n")
    wanted = "file: expected one version, the other one deleted, read"
    assert problems(file) == [
        f"2: {wanted} <<<<<<<",
        f"4: {wanted} =======",
        f"6: {wanted} >>>>>>>",
    ]
