"""What unit tests share, and the program that makes and tests copies on hosts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from unit_fixtures import *  # noqa: F403 - fixtures

sys.path.insert(0, str(Path(__file__).parents[1] / "files/usr/local/lib/socle"))


@pytest.fixture
def deep(tmp_path):
    """Makes a folder so many levels below another, with a file in it; a path ends at 4,096."""

    def make(place, levels, file="x"):
        here = os.open(place, os.O_RDONLY)
        for _ in range(levels):
            os.mkdir("a", dir_fd=here)
            there = os.open("a", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = there
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=here))
        os.close(here)

    yield make
    subprocess.run(["rm", "-rf", tmp_path], check=True)  # pytest's own way ends at some depth
