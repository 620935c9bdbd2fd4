"""Layouts of disks as machines print them, and what is judged of each."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from roles.disk_encryption.disks import Disks
from socle.machine.blockdevices import Machine
from socle.machine.blockstack import Fate
from socle.machine.blocktree import Printed

FILES = sorted((Path(__file__).parent / "data/blockdevices").glob("*.yaml"))
FEWEST = 12


def fates(places: list) -> dict[str, str]:
    return {f"{place.name} on {place.device}": place.fate.value for place in places}


def test_there_are_enough_layouts():
    assert len(FILES) >= FEWEST


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_layout(file: Path):
    layout = yaml.safe_load(file.read_text())
    expected = layout["expect"]
    machine = Disks(Printed.of(layout["printed"]))
    storage, swaps, hibernation = machine.storage(), machine.swaps(), machine.hibernation()

    assert fates(storage) == expected["storage"]
    assert fates(swaps) == expected["swaps"]
    assert (hibernation and hibernation.fate.value) == expected.get("hibernation")
    assert machine.random_swaps() == expected.get("random", [])
    for path, fate in expected.get("paths", {}).items():
        assert {branch.fate.value for branch in machine.stack.path(path)} == {fate}
    if "left_out" in expected:
        assert machine.left_out() == expected["left_out"]
    said = "\n".join(map(str, [*storage, *swaps]))
    for words in expected.get("says", []):
        assert words in said


def test_a_container_says_so():
    machine = Machine(Printed.of("== container\nsystemd-nspawn\n== end\n"))
    assert machine.container == "systemd-nspawn"


def test_an_answer_that_ends_too_early_is_no_answer():
    whole = yaml.safe_load(FILES[0].read_text())["printed"]
    with pytest.raises(ValueError, match="incomplete"):
        Printed.of(whole.removesuffix("== end\n"))


def test_silent_tools_are_no_good_news():
    silent = Disks(Printed.of("== container\nnone\n== findmnt\n== lsblk\n== end\n"))
    with pytest.raises(ValueError, match="printed nothing"):
        silent.storage()


def test_a_path_with_a_space_in_proc_swaps():
    printed = Printed.of("== swaps\nFilename Type\n/srv/my\\040swap file 1024 0 -2\n== end\n")
    assert printed.swaps == [("/srv/my swap", 1 << 20)]


def test_the_worst_branch_decides():
    order = [Fate.PLAIN, Fate.UNSURE, Fate.ELSEWHERE, Fate.MEMORY, Fate.CRYPT]
    assert list(Fate) == order
