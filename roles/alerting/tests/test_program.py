"""The room's probe and the program that it looks at agree on what its files are."""

import platform
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import socle
from socle.watch import portable

PROBE = Path(__file__).parents[1] / "files/probe.sh"
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.mark.skipif(
    HERE not in portable.PYTHONS or platform.machine() not in portable.MACHINES,
    reason="no machine of a practice has this Python: its libraries would have to be fetched",
)
def test_the_name_is_what_the_host_computes_from_the_files(tmp_path):
    archive = portable.build(Path(socle.__file__).parents[1], HERE, platform.machine())
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    line = next(line for line in PROBE.read_text().splitlines() if line.startswith("seen="))
    words = ["sh", "-c", f'{line}; echo "$seen"']
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert archive.name == f"verify-{done.stdout.strip()}.tar.gz"
