"""The benchmarks that need machines, at their smallest: they run and print what they promise."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.lab, pytest.mark.proof]
HOST = "accueil"


def printed(program: str, *words: object, root) -> list[str]:
    done = subprocess.run(
        [sys.executable, f"benchmarks/{program}.py", *map(str, words)],
        cwd=root, capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_figures(hardened):
    lines = printed("figures", hardened.folder, HOST, 1, root=hardened.root)
    assert sum("converged" in line for line in lines) == 4
    assert sum(line.startswith("socle verify") for line in lines) == 2


def test_questions_ahead_against_one_by_one(hardened):
    lines = printed("verify_ahead", hardened.folder, HOST, root=hardened.root)
    assert any("times faster" in line for line in lines)


def test_which_programs_compute(need_a_lab, pytestconfig):
    words = (sys.executable, "-c", "sum(range(10**7))")
    first, *programs = printed("processes", *words, root=pytestconfig.rootpath)
    assert "CPU seconds in all" in first
    assert any(line.split()[2:] == ["here", Path(sys.executable).name] for line in programs)


def test_twenty_servers_of_which_there_are_two(need_a_lab, pytestconfig):
    lines = printed("twenty", 2, root=pytestconfig.rootpath)
    assert sum("times one host" in line for line in lines) == 3
