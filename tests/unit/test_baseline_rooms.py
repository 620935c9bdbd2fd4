"""Rooms are found by their folders; what is wrong in one is said with file and line."""
# ruff: noqa: E501 - whole messages, each on its line

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from socle.baseline import packages, rooms
from socle.errors import BadPractice


def problems(toy: Any) -> list[str]:
    with pytest.raises(BadPractice) as caught:
        rooms.find(toy.root)
    return [str(problem) for problem in caught.value.problems]


def test_a_room(toy: Any) -> None:
    (room,) = rooms.find(toy.root)
    assert (room.name, room.prefix, room.folder) == ("toy", "toy_", toy.root / "roles/toy")
    assert room.settings.__name__ == "Toy"
    assert room.settings is rooms.find(toy.root)[0].settings, "loaded once"
    assert [(t.target, t.source.name) for t in room.templates] == [("/etc/toy.conf", "toy.conf.j2")]
    lock, opened = room.controls
    assert (lock.id, lock.room, lock.title["fr"]) == ("toy-lock", "toy", "Le jouet est verrouillé")
    assert (lock.theme, lock.severity, lock.applies_to) == ("session", "high", ("all",))
    assert lock.references == {"cnil_guide_2024": ["6.1"]}
    assert (opened.seed, opened.verify_only) == ("ouvert", "nothing can be enforced")


def test_files_that_are_copied_as_they_are(toy: Any) -> None:
    toy.write("/roles/toy/files/probe.sh", "#!/bin/sh")
    toy.write("/roles/toy/files/usr/local/sbin/toy", "#!/bin/sh")
    toy.write("/roles/toy/files.yml", "- path: /etc/toy.conf\n- path: /usr/local/sbin/toy\n")
    (room,) = rooms.find(toy.root)
    assert [static.target for static in room.statics] == ["/usr/local/sbin/toy"]


def test_order_and_what_is_no_room(toy: Any) -> None:
    toy.write("/roles/no_controls/settings.py", "")
    toy.write("/roles/no_settings/controls.yml", "")
    control = (toy.root / "roles/toy/controls.yml").read_text().replace("toy-", "a-")
    toy.write("/roles/a_room/controls.yml", control)
    settings = (toy.root / "roles/toy/settings.py").read_text()
    toy.write("/roles/a_room/settings.py", settings)
    assert [room.name for room in rooms.find(toy.root)] == ["a_room", "toy"]


def test_controls(toy: Any) -> None:
    toy.write(
        "/roles/toy/controls.yml",
        """
        - id: Toy_Lock
          title: {fr: "Le jouet"}
          theme: session
          severity: urgent
          applies_to: []
          reference: {}
        """,
    )
    file = "roles/toy/controls.yml"
    assert problems(toy) == [
        f"{file}:1: controls.0: expected the key references (a mapping)",
        f'{file}:1: controls.0.id: expected lower-case words joined by hyphens, read "Toy_Lock"',
        f"{file}:2: controls.0.title: expected the key en (text of 3 characters or more)",
        f'{file}:4: controls.0.severity: expected one of: critical, high, medium, low, read "urgent"',
        f"{file}:5: controls.0.applies_to: expected a list of 1 item or more, each text, read []",
        f"{file}:6: controls.0.reference: expected a known key; did you mean references?",
    ]


def test_scope_and_repeated_id(toy: Any) -> None:
    text = (toy.root / "roles/toy/controls.yml").read_text()
    toy.write("/roles/toy/controls.yml", text.replace("[servers]", "[all, printers]"))
    scopes = "all, backup_servers, imaging_servers, servers, workstations"
    wanted = f"roles/toy/controls.yml:11: controls.1.applies_to: expected one of: {scopes}"
    assert problems(toy) == [f"{wanted}, read printers"]
    toy.write("/group_vars/printers.yml", "")
    assert rooms.find(toy.root), "a file of the region makes a group"
    toy.write("/roles/toy/controls.yml", text.replace("toy-open", "toy-lock"))
    wanted = "expected an id of its own; the room toy has this one"
    assert problems(toy) == [f"roles/toy/controls.yml:0: toy-lock: {wanted}"]


def test_settings_module(toy: Any) -> None:
    base = "from socle.baseline.settings import RoomSettings\n"
    toy.write("/roles/toy/settings.py", base)
    file = "roles/toy/settings.py:0"
    wanted = f"{file}: settings: expected one class derived from RoomSettings, read 0"
    assert problems(toy) == [wanted]


def test_field_without_direction(toy: Any) -> None:
    base = "from socle.baseline.settings import RoomSettings\n"
    toy.write("/roles/toy/settings.py", base + "class T(RoomSettings):\n    x: int = 1\n")
    wanted = "a direction in every field: stricter(…), neutral() or keyed(…)"
    assert problems(toy) == [f"roles/toy/settings.py:0: x: expected {wanted}"]


OTHER = '''
from typing import Annotated

from roles.toy.minutes import MOST
from socle.baseline.settings import RoomSettings, stricter


class Toy(RoomSettings):
    """Settings that import a module of their room."""

    idle: Annotated[int, stricter("lower")] = MOST
    """Minutes."""
'''


def test_a_room_imports_its_own_modules_from_whichever_checkout_it_is(
    toy: Any, tmp_path: Path
) -> None:
    roots = [tmp_path / "one", tmp_path / "other"]
    for number, root in enumerate(roots):
        shutil.copytree(toy.root / "roles", root / "roles")
        (root / "roles/toy/settings.py").write_text(OTHER)
        (root / "roles/toy/minutes.py").write_text(f"MOST = {number}\n")
    for number in (0, 1, 0):
        (room,) = rooms.find(roots[number])
        assert room.settings.model_fields["idle"].default == number
        minutes = packages.load(roots[number], "toy", "minutes")
        assert number == minutes.MOST
        assert minutes is packages.load(roots[number], "toy", "minutes"), "loaded once"
        [other] = packages.every(roots[1 - number], "minutes")
        assert 1 - number == other.MOST
        assert sys.modules["roles.toy.minutes"] is minutes, "what is bound stays so"
