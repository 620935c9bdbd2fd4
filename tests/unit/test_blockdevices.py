"""Layouts of disks as machines print them, and where what is below a path lies."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from socle.machine.blockdevices import Machine
from socle.machine.blockstack import Encryption
from socle.machine.blocktree import Printed

FILES = sorted((Path(__file__).parent / "data/blockdevices").glob("*.yaml"))
FEWEST = 12


def test_there_are_enough_layouts():
    assert len(FILES) >= FEWEST


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_layout(file: Path):
    """What lies on the disks, a room judges: ``roles/disk_encryption/tests``."""
    layout = yaml.safe_load(file.read_text())
    stack = Machine(Printed.of(layout["printed"])).stack
    for path, encryption in layout["expect"].get("paths", {}).items():
        assert {branch.encryption.value for branch in stack.path(path)} == {encryption}


def test_a_container_says_so():
    machine = Machine(Printed.of("== container\nsystemd-nspawn\n== end\n"))
    assert machine.container == "systemd-nspawn"


def test_an_answer_that_ends_too_early_is_no_answer():
    whole = yaml.safe_load(FILES[0].read_text())["printed"]
    with pytest.raises(ValueError, match="incomplete"):
        Printed.of(whole.removesuffix("== end\n"))


def test_a_path_with_a_space_in_proc_swaps():
    printed = Printed.of("== swaps\nFilename Type\n/srv/my\\040swap file 1024 0 -2\n== end\n")
    assert printed.swaps == [("/srv/my swap", 1 << 20)]


def test_the_worst_branch_decides():
    order = [
        Encryption.PLAIN,
        Encryption.UNSURE,
        Encryption.ELSEWHERE,
        Encryption.MEMORY,
        Encryption.CRYPT,
    ]
    assert list(Encryption) == order
