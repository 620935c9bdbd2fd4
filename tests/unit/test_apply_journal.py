"""A run of pyinfra is recorded in the practice's history; a plan is not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from socle.baseline import evidence
from socle.report.history import read

CHECKOUT = Path(__file__).parents[2]
PYINFRA = Path(sys.executable).parent / "pyinfra"
HARMLESS = "from pyinfra.operations import server\nserver.shell(commands=['{}'])\n"


@pytest.fixture
def pyinfra(toy: Any, tmp_path: Path, monkeypatch):
    """Runs a deploy of one harmless command on this computer; the applies that are kept then."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shutil.copy(CHECKOUT / "inventories/local/inventory.py", toy.folder)
    toy.write(
        "hosts.yml",
        "all: {children: {workstations: {hosts: {ici: {ansible_connection: local}}}}}\n",
    )

    def call(command: str, *words: str, what: tuple[str, ...] = ("deploy.py",), code: int = 0):
        toy.write("/deploy.py", HARMLESS.format(command))
        done = subprocess.run(
            [PYINFRA, "inventories/p/inventory.py", *words, *what],
            cwd=toy.root,
            env=os.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        found = read(evidence.read(toy.folder).history, "p")
        assert found.left_out == ()
        return found.applies

    return call


def test_what_was_applied_is_recorded(pyinfra) -> None:
    (apply,) = pyinfra("true", "-y")
    assert (apply.changed, apply.failed) == ({"ici": 1}, ())


def test_a_run_that_failed_is_recorded(pyinfra) -> None:
    (apply,) = pyinfra("false", "-y", code=1)
    assert apply.failed == ("ici",)


def test_a_plan_is_not_recorded(pyinfra) -> None:
    assert pyinfra("true", "--dry") == ()


def test_a_run_that_nobody_confirmed_is_not_recorded(pyinfra) -> None:
    assert pyinfra("true", code=1) == ()


def test_a_single_command_is_not_recorded(pyinfra) -> None:
    assert pyinfra("true", "-y", what=("exec", "--", "true")) == ()
