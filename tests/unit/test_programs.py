"""Programs that are sent to a host: the words of the command are what stored bundles know."""

from __future__ import annotations

import json
import shlex
import subprocess
from types import SimpleNamespace

import pytest

from socle.machine import programs


class Here:
    """A host of testinfra's, as far as a program needs one: this computer."""

    def run(self, command: str, *args: str, **how: object) -> SimpleNamespace:
        """Run it, and keep what was asked."""
        self.words, self.how = command % tuple(map(shlex.quote, args)), how
        done = subprocess.run(
            self.words, shell=True, capture_output=True, text=True, check=False, timeout=60
        )  # fmt: skip
        return SimpleNamespace(rc=done.returncode, stdout=done.stdout)


@pytest.fixture
def here() -> Here:
    return Here()


def test_a_script_gets_its_words(here, tmp_path):
    script = tmp_path / "it's.sh"
    script.write_text('#!/bin/sh\nprintf \'%s|\' "$0" "$@"\n')
    program = programs.shell(script)
    assert program.run(here, "socle", "a b", "$c%s", timeout=5).stdout == "socle|a b|$c%s|"
    assert here.how == {"timeout": 5}
    program.run(here)
    assert here.words == f"sh -c {shlex.quote(script.read_text())}"
    assert here.how == {}


def test_modules_are_joined_without_their_imports_of_each_other(here, tmp_path):
    low, high = tmp_path / "low.py", tmp_path / "high.py"
    low.write_text("import json\n\n\ndef said(words):\n    return json.dumps(words)\n")
    high.write_text("from sys import argv\n\nfrom low import said\n\nprint(said(argv[1:]))\n")
    program = programs.python(low, high, by="python3 -IB -c")
    assert "from low" not in program.text
    assert program.text == low.read_text() + "\n" + high.read_text().replace(
        "from low import said\n", ""
    )
    assert json.loads(program.run(here, "x", "y z").stdout) == ["x", "y z"]
    assert here.words.startswith("python3 -IB -c 'import json\n")
