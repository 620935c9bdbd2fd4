"""Benchmarks run: at their smallest size, and without a word on how fast they are."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.proof


def test_a_region_of_two_practices(tmp_path):
    words = ["benchmarks/region.py", "--bundles", "8", "--folder", tmp_path]
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" bundles/s; ") == 4
