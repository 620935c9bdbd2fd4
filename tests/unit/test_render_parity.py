"""Our renderer against ``ansible.builtin.template``: the same bytes for every template."""

import json
import os
import subprocess
import sys
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


SAMPLES = {file.stem: file.read_text() for file in FILES.glob("*.j2")} | WHITE_SPACE
TEMPLATES = [template.source for room in REAL.rooms for template in room.templates]
SETTINGS = REAL.hosts["imagerie"].settings

PLAY = """
- hosts: samples
  gather_facts: false
  tasks:
    - ansible.builtin.template: {src: "{{ one }}", dest: "{{ one }}.out"}
      loop: "{{ samples }}"
      loop_control: {loop_var: one}
- hosts: imagerie  # all at once: the module takes more than a second for each
  gather_facts: false
  tasks:
    - ansible.builtin.copy:
        content: "{{ query('ansible.builtin.template', *templates) | to_json }}"
        dest: "{{ out }}"
"""


@pytest.fixture(scope="module")
def ansible(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what Ansible made: of each sample ``NAME.j2.out``, of the rooms ``rooms``."""
    folder = tmp_path_factory.mktemp("parity")
    (folder / "socle").symlink_to(CHECKOUT / "socle")  # what templates include, as from site.yml
    for name, text in SAMPLES.items():
        (folder / f"{name}.j2").write_bytes(text.encode())
    samples = [str(folder / f"{name}.j2") for name in SAMPLES]
    templates = {"templates": [str(one) for one in TEMPLATES], "out": str(folder / "rooms")}
    hosts = {
        "samples": {**VARIABLES, "samples": samples},
        "imagerie": {**SETTINGS, **templates},
    }
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory = {"all": {"hosts": hosts, "vars": here}}
    (folder / "hosts.json").write_text(json.dumps(inventory))
    (folder / "play.yml").write_text(PLAY)
    done = subprocess.run(
        [BIN / "ansible-playbook", "-i", folder / "hosts.json", folder / "play.yml"],
        env={**os.environ, "ANSIBLE_PIPELINING": "1", "ANSIBLE_NOCOLOR": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_gives_the_same_bytes(ansible: Path, name: str) -> None:
    template = ansible / f"{name}.j2"
    assert render(template, VARIABLES).encode() == Path(f"{template}.out").read_bytes()


def test_the_rooms_templates_give_the_same_text(ansible: Path) -> None:
    theirs = json.loads((ansible / "rooms").read_text())
    ours = [render(template, SETTINGS, CHECKOUT) for template in TEMPLATES]
    assert dict(zip(TEMPLATES, theirs, strict=True)) == dict(zip(TEMPLATES, ours, strict=True))


def test_every_filter_and_test_is_compared() -> None:
    text = "".join(file.read_text() for file in FILES.glob("*.j2"))
    assert not [name for name in FILTERS if f"| {name}" not in text and f"'{name}'" not in text]
    assert not [name for name in TESTS if f"is {name}" not in text and f"'{name}'" not in text]


@pytest.mark.parametrize("room", REAL.rooms, ids=lambda room: room.name)
def test_the_rooms_templates_are_clean(room: Any) -> None:
    known = next(iter(REAL.hosts.values())).settings
    problems = [problem for template in room.templates for problem in lint(template.source, known)]
    assert not problems, "\n".join(map(str, problems))
