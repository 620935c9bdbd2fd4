"""The demo's lab: a practice behind its box, and an attacker beyond it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from socle.baseline import load
from socle.commands.lab import down
from socle.commands.labs import BOX, lab_of
from socle.errors import BadPractice
from socle.lab.studies import study

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def lab():
    return lab_of(load(ROOT / "inventories/demo", root=ROOT))


def test_all_of_the_practice_goes_out_through_the_box(lab):
    inside = [m for m in lab.machines if m.name != BOX and lab.network.has(m.addresses[0])]
    ways = {machine.name: machine.routers for machine in inside}
    box = lab.machine(BOX).addresses
    assert all(routers == box[:2] for routers in ways.values()), ways
    assert [leg.interface for leg in lab.legs(lab.machine(BOX))] == ["host0", "host1"]


def test_the_attacker_stands_on_the_internet_alone(lab):
    assert [leg.network for leg in lab.legs(lab.machine("attaquant"))] == list(lab.beyond)


def test_a_box_without_an_outside_is_refused_with_its_line(tmp_path):
    folder = tmp_path / "demo"
    shutil.copytree(ROOT / "inventories/demo", folder)
    (folder / "secrets.yml").unlink(missing_ok=True)
    file = folder / "lab.yml"
    file.write_text(file.read_text().replace("    outside: [198.18.12.2]\n", ""))
    with pytest.raises(BadPractice, match=r"lab.yml:\d+: internet.box.outside"):
        lab_of(load(folder, root=ROOT))


def test_studies_differ_and_are_of_nobody():
    first, second = study(1), study(2)
    assert first[128:132] == b"DICM"
    assert first != second
    assert b"FICTIF^PATIENT1" in first


def test_taking_the_lab_down_forgets_its_machines(tmp_path, monkeypatch):
    folder = tmp_path / "demo"
    shutil.copytree(ROOT / "inventories/demo", folder)
    (folder / "secrets.yml").unlink(missing_ok=True)
    made = [folder / "known_hosts", folder / "known_machines"]
    for file in made:
        file.write_text("")
    practice = (folder / "practice.yml").write_text('id: "0123456789abcdef"\n')
    monkeypatch.setattr("socle.lab.down", lambda *_: None)
    down(folder)
    assert not any(file.exists() for file in made)
    assert (folder / "practice.yml").stat().st_size == practice
