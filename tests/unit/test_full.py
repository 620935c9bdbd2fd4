"""Where next to nothing is left of what an apply writes to: said before it begins."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from rooms import REPOSITORY

SCRIPT = REPOSITORY / "socle/apply/full.sh"
SAID = "less than 16 MiB or 100 files are left: make room there, then run again"

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root and unshare: mounts"
)


@pytest.mark.parametrize(
    ("full", "said"),
    [
        ({"/run": "size=64m"}, ""),
        ({"/tmp": "size=64m,nr_inodes=50"}, f"/tmp: {SAID}"),
        ({"/var": "size=1m", "/run": "size=1m"}, f"/run, /var: {SAID}"),
    ],
)
def test_what_is_full_is_named(full, said):
    mounts = "".join(f"mount -t tmpfs -o {how} tmpfs {place}\n" for place, how in full.items())
    script = f"{SCRIPT.read_text()}{mounts}mkdir -p /var/log /var/lib/apt\nfull"
    words = ["unshare", "--mount", "sh", "-c", script]
    assert subprocess.check_output(words, text=True).strip() == said
