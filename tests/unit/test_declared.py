"""Nothing that was declared is given up without a word: a mistake in a file is a question."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from rooms import needs

from socle.baseline import load
from socle.baseline.declared import declared, given_up, listed
from socle.baseline.settings import RoomSettings

ROOT = Path(__file__).parents[2]
ROOMS = load(ROOT / "inventories/demo").rooms
ALERTING = """
alerting_enabled: true
alerting_mail: {relay: mail.example, sender: a@b.example, recipients: [%s]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the demo practice, whose files a test edits; its machines watch themselves."""
    made = tmp_path / "cabinet"
    shutil.copytree(ROOT / "inventories/demo", made)
    with (made / "group_vars/all.yml").open("a") as file:
        file.write(ALERTING % "it@b.example, dr@b.example")
    return made


def lost(folder: Path, file: str, old: str, new: str, host: str = "accueil") -> list[str]:
    """What an apply would give up on a machine after an edit of the practice."""
    before = load(folder, root=ROOT)
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    after = load(folder, root=ROOT)
    found = listed(declared(before, before.hosts[host]))
    return given_up(found, declared(after, after.hosts[host]))


@needs("alerting", "backup", "firewall", "screen_lock")
def test_a_machine_that_falls_out_of_its_group_would_lose_its_copies(folder):
    """As with ``workstation:`` for ``workstations:``, in a group that the region knows."""
    moved = "workstations:\n      hosts:\n        accueil:"
    found = lost(folder, "hosts.yml", moved, "imaging_servers:\n      hosts:\n        accueil:")
    assert "idle sessions lock (socle-lock.service)" in found
    assert "flow visionneuse-vers-imagerie" in found
    (folder / "hosts.yml").write_text((ROOT / "inventories/demo/hosts.yml").read_text())
    found = lost(folder, "hosts.yml", moved, "backup_servers:\n      hosts:\n        accueil:")
    for words in ("daily copies (socle-backup.timer)", "copies of /home", "copies to serveur"):
        assert words in found


@needs("alerting", "backup", "firewall")
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "place: off-site\n    hosts: [workstations, imaging_servers]",
            "place: off-site\n    hosts: [imaging_servers]",
            ["copies to distant"],
        ),
        (
            "peers: [imagerie]\n    hosts: [workstations]",
            "peers: [imagerie]\n    hosts: [medecin]",
            ["flow visionneuse-vers-imagerie"],
        ),
        ("it@b.example, dr@b.example", "it@b.example", ["warnings by mail to dr@b.example"]),
        (
            "alerting_enabled: true",
            "alerting_enabled: false",
            [
                "daily look at itself (socle-watch.timer)",
                "warnings by mail to dr@b.example",
                "warnings by mail to it@b.example",
            ],
        ),
    ],
    ids=["copy", "flow", "recipient", "watch"],
)
def test_what_is_declared_no_longer_is_named(folder, old, new, words):
    assert lost(folder, "group_vars/all.yml", old, new) == words


@needs("alerting", "firewall")
def test_other_ports_or_purposes_give_nothing_up(folder):
    assert lost(folder, "group_vars/all.yml", "ports: [8443]", "ports: [8444]") == []


@needs("alerting")
def test_the_first_apply_and_the_second_ask_nothing(folder):
    practice = load(folder, root=ROOT)
    now = declared(practice, practice.hosts["imagerie"])
    assert given_up("", now) == []
    assert given_up(listed(now), now) == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_that_takes_something_away_says_what_it_keeps_up(room):
    """So a future room cannot remove its timer in silence, with either engine."""
    deploy = room.folder / "deploy.py"
    text = deploy.read_text() if deploy.exists() else ""
    takes = re.search(r"absent_file\(|present=(?!True)|enabled=(?!True)|masked\(", text)
    assert not takes or room.settings.keeps.__func__ is not RoomSettings.keeps.__func__


def test_the_list_that_lies_on_a_host_is_shown_as_text():
    assert given_up("copies of \x1b[30m\x85/srv\n", ()) == ["copies of \\x1b[30m\\x85/srv"]
