"""The Ansible role as Ansible users test it: create, converge, idempotence, verify, destroy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.lab, pytest.mark.proof]  # test_engines.py runs the same playbook


def test_the_molecule_scenario_passes(need_a_lab, pytestconfig):
    programs = Path(sys.executable).parent
    done = subprocess.run(
        [programs / "molecule", "test"],
        cwd=pytestconfig.rootpath,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "successful=6" in done.stdout
