"""Layouts of disks as machines print them, and what is judged of each."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from roles.disk_encryption.disks import Disks
from socle.machine.blocktree import Printed

FILES = sorted((Path(__file__).parents[3] / "tests/unit/data/blockdevices").glob("*.yaml"))


def encryption_of(places: list) -> dict[str, str]:
    return {f"{place.name} on {place.device}": place.encryption.value for place in places}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_layout(file: Path):
    layout = yaml.safe_load(file.read_text())
    expected = layout["expect"]
    machine = Disks(Printed.of(layout["printed"]))
    storage, swaps, hibernation = machine.storage(), machine.swaps(), machine.hibernation()

    assert encryption_of(storage) == expected["storage"]
    assert encryption_of(swaps) == expected["swaps"]
    assert (hibernation and hibernation.encryption.value) == expected.get("hibernation")
    assert machine.random_swaps() == expected.get("random", [])
    if "left_out" in expected:
        assert list(map(str, machine.left_out())) == expected["left_out"]
    said = "\n".join(map(str, [*storage, *swaps]))
    for words in expected.get("says", []):
        assert words in said


def test_silent_tools_are_no_good_news():
    silent = Disks(Printed.of("== container\nnone\n== findmnt\n== lsblk\n== end\n"))
    with pytest.raises(ValueError, match="printed nothing"):
        silent.storage()
