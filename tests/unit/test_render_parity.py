"""Our renderer against ``ansible.builtin.template``: the same bytes for every template."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from socle.baseline import load
from socle.render import FILTERS, TESTS, lint, render

CHECKOUT = Path(__file__).parents[2]
FILES = Path(__file__).parent / "templates"
BIN = Path(sys.executable).parent

VARIABLES: dict[str, Any] = {
    "text": "Dr Élise's poste",
    "empty": "",
    "nothing": None,
    "yes": True,
    "no": False,
    "number": 42,
    "ratio": 0.5,
    "whole": 3.0,
    "ports": [443, 22, 22, 8080],
    "words": ["b", "A", "b", "c d"],
    "mixed": [1, None, True, "x"],
    "table": {"z": 1, "a": {"b": [1, 2]}, "é": "ü"},
    "rows": [
        {"name": "web", "port": 443, "on": True},
        {"name": "dns", "port": 53, "on": False},
    ],
    "backslash": "a\\nb\\1",
    "lines": "one\ntwo\n",
}

WHITE_SPACE = {
    "plain": "no variable\n",
    "no_final_newline": "a {{ text }}",
    "one_final_newline": "a {{ text }}\n",
    "three_final_newlines": "a {{ text }}\n\n\n",
    "empty_file": "",
    "only_newlines": "\n\n",
    "crlf": "a {{ text }}\r\nb\r\n\r\n",
    "block_at_the_end": "a\n{% if yes %}\nb\n{% endif %}\n",
    "block_at_the_end_without_newline": "a\n{% if yes %}\nb\n{% endif %}",
    "block_not_taken_at_the_end": "a\n{% if no %}\nb\n{% endif %}\n\n",
    "text_that_ends_in_newlines": "a {{ lines }}\n",
    "indented_block": "a\n  {% if yes %}\n  b\n  {% endif %}\nc\n",
    "minus_signs": "a\n  {%- if yes %}\n  b\n  {%- endif +%}\nc {{- text -}}   \n d\n",
    "plus_signs": "a\n  {%+ if yes +%}\n  b\n  {% endif %}\n",
    "comments": "a {# not\nhere #}\n{# gone #}\nb\n",
    "raw": "a {% raw %}{{ text }}{% endraw %}\n",
}

REAL = load(CHECKOUT / "inventories/demo")


def cases() -> dict[str, tuple[Path | None, Mapping[str, Any]]]:
    """Case -> the template file (None: one of WHITE_SPACE) and its variables."""
    found: dict[str, tuple[Path | None, Mapping[str, Any]]] = {
        file.stem: (file, VARIABLES) for file in FILES.glob("*.j2")
    }
    found |= dict.fromkeys(WHITE_SPACE, (None, VARIABLES))
    for room in REAL.rooms:
        for template in room.templates:
            name = template.target.strip("/").replace("/", "-")
            found[name] = (template.source, REAL.hosts["imagerie"].settings)
    return found


@pytest.fixture(scope="module")
def ansible(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Path, Path]]:
    """Case -> the template and what Ansible made of it, all in one run: a case is a host."""
    folder = tmp_path_factory.mktemp("parity")
    hosts = {}
    files = {}
    for name, (file, variables) in cases().items():
        source = file
        if source is None:
            source = folder / f"{name}.j2"
            source.write_bytes(WHITE_SPACE[name].encode())
        files[name] = (source, folder / f"{name}.out")
        hosts[name] = {**variables, "case_src": str(source), "case_dest": str(files[name][1])}
    inventory = {
        "all": {
            "hosts": hosts,
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": sys.executable,
            },
        }
    }
    play = [
        {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [
                {"ansible.builtin.template": {"src": "{{ case_src }}", "dest": "{{ case_dest }}"}}
            ],
        }
    ]
    (folder / "hosts.json").write_text(json.dumps(inventory))
    (folder / "play.yml").write_text(json.dumps(play))
    done = subprocess.run(
        [BIN / "ansible-playbook", "-i", folder / "hosts.json", folder / "play.yml"],
        env={**os.environ, "ANSIBLE_PIPELINING": "1", "ANSIBLE_FORKS": "8", "ANSIBLE_NOCOLOR": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return files


@pytest.mark.parametrize("case", cases())
def test_same_bytes(ansible: Mapping[str, tuple[Path, Path]], case: str) -> None:
    template, out = ansible[case]
    ours = render(template, cases()[case][1]).encode()
    assert ours == out.read_bytes()


def test_every_filter_and_test_is_compared() -> None:
    text = "".join(file.read_text() for file in FILES.glob("*.j2"))
    assert not [name for name in FILTERS if f"| {name}" not in text and f"'{name}'" not in text]
    assert not [name for name in TESTS if f"is {name}" not in text and f"'{name}'" not in text]


@pytest.mark.parametrize("room", REAL.rooms, ids=lambda room: room.name)
def test_the_rooms_templates_are_clean(room: Any) -> None:
    known = next(iter(REAL.hosts.values())).settings
    problems = [problem for template in room.templates for problem in lint(template.source, known)]
    assert not problems, "\n".join(map(str, problems))
