"""The renderer's errors, and what the lint refuses because the engines would differ."""
# ruff: noqa: E501 - whole messages, each on its line

from pathlib import Path

import pytest

from socle.render import BadTemplate, lint, render


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return tmp_path / "x.conf.j2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n{{ nothing_such }}\n", "2: 'nothing_such' is undefined"),
        ("a\n{{ table.b.c }}\n", "2: 'dict object' has no attribute 'b'"),
        ("a\n\n{% if x %}\n", "3: Unexpected end of template."),
        ("a\n{{ 1 | nonsense }}\n", "2: No filter named 'nonsense'."),
        ("a\n{{ 'maybe' | bool }}\n", "2: the filter bool takes yes or no, true or false"),
        ("a\n{{ ''.__class__.__mro__ }}\n", "2: access to attribute '__class__'"),
        ("a\n{{ lookup('pipe', 'id') }}\n", "2: 'lookup' is undefined"),
    ],
)
def test_errors_name_file_and_line(template: Path, text: str, expected: str) -> None:
    template.write_text(text)
    with pytest.raises(BadTemplate) as caught:
        render(template, {"table": {}})
    assert str(caught.value).startswith(f"{template}:{expected}")


def test_includes_are_found_below_search(template: Path, tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common/part.j2").write_text("part {{ x }}\n\n")
    template.write_text("a\n{% include 'common/part.j2' %}|\n")
    assert render(template, {"x": 1}, search=tmp_path) == "a\npart 1\n|\n"


def test_a_template_is_read_again_when_it_changes(template: Path) -> None:
    template.write_text("a {{ x }}")
    assert render(template, {"x": 1}) == "a 1"
    template.write_text("b {{ x }}")
    assert render(template, {"x": 1}) == "b 1"


LONE = "template: expected some text outside of all blocks: Ansible takes a lone value for data"
PAIRS = "items: expected pairs in a for loop only: Ansible prints them in another way"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a {{ x }}\n", []),
        ("a {% for k, v in t.items() %}{{ k }}{% endfor %}\n", []),
        ("a {% for k, v in t | dictsort %}{{ k }}{% endfor %}\n", []),
        ("{% set y = x %}a {{ y | default('z') }}\n", []),
        ("{{ x }}\n", [f"1: {LONE}"]),
        ("{% if x %}\na {{ x }}\n{% endif %}\n", [f"1: {LONE}"]),
        ("a\n{{ t.items() | list }}\n", [f"2: {PAIRS}"]),
        ("a {% set p = t | dictsort %}{{ p }}\n", [f"1: {PAIRS}"]),
        ("a {{ '{{ x }}' }}\n", ["1: text: expected no Jinja inside a quoted text: Ansible would expand it"]),
        ("#jinja2: lstrip_blocks: True\na\n", ["1: #jinja2:: expected no such line, only Ansible reads it"]),
        ("a\n{{ lookup('file', 'x') }}\n", ["2: lookup: expected nothing that only Ansible has"]),
        ("a {{ ansible_managed }}\n", ["1: ansible_managed: expected nothing that only Ansible has"]),
        ("a {{ hostvars['x'] }}\n", ["1: hostvars: expected nothing that only Ansible has"]),
        ("a\n\n{{ unknown }}\n", ["3: unknown: expected a variable that a room defines"]),
        ("a {% if %}\n", ["1: template: expected valid Jinja"]),
    ],
)  # fmt: skip
def test_lint(template: Path, text: str, expected: list[str]) -> None:
    template.write_text(text)
    found = [str(p).removeprefix(f"{template}:") for p in lint(template, known={"x", "t"})]
    assert [line.partition(", read")[0] for line in found] == expected


def test_lint_of_filters_and_tests(template: Path) -> None:
    template.write_text("a {{ x | combine({}) }}\n{{ 1 if x is match('y') }}\n")
    first, second = lint(template)
    assert str(first).startswith(
        f"{template}:1: combine: expected a filter that both engines share:"
    )
    assert str(second).startswith(f"{template}:2: match: expected a test that both engines share:")


def test_names_are_free_without_a_list_of_them(template: Path) -> None:
    template.write_text("a {{ unknown }}\n")
    assert lint(template) == []
