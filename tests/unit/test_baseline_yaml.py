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
        ("a: \x00\n", ["0: file: expected text without control characters"]),
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
