"""Nothing that was declared is given up without a word: a mistake in a file is a question."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from rooms import needs

from socle.apply.ansible.filters import FilterModule
from socle.baseline import load
from socle.baseline.declared import declared, given_up, listed, under_way
from socle.baseline.settings import RoomSettings

ROOT = Path(__file__).parents[2]
FILTERS = FilterModule().filters()
ROOMS = load(ROOT / "inventories/demo").rooms
ALL, KEEPERS, IMAGES = (
    f"group_vars/{name}.yml" for name in ("all", "backup_servers", "imaging_servers")
)
PROVIDER = "medium: provider-disk\n    place:"
DEBIAN = "origin=Debian,codename=${distro_codename}"
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
            "relay: mail.example",
            "relay: other.example",
            [
                f"warnings by mail to {one}: by mail.example port 587"
                for one in ("dr@b.example", "it@b.example")
            ],
        ),
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
    ids=["copy", "flow", "recipient", "relay", "watch"],
)
def test_what_is_declared_no_longer_is_named(folder, old, new, words):
    assert lost(folder, "group_vars/all.yml", old, new) == words


VIEWER = "peers: [workstations]\n    hosts: [imaging_servers]"
PORTS = "protocol: tcp\n    ports: [8443]\n    " + VIEWER


@needs("alerting", "firewall")
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (VIEWER, VIEWER.replace("workstations", "10.77.12.99"), ["21", "22"]),
        (VIEWER, VIEWER.replace("workstations", "accueil"), ["22"]),
        (PORTS, PORTS.replace("8443", "8444"), ["21", "22"]),
        (PORTS, PORTS.replace("[8443]", '["8440-8442"]'), ["21", "22"]),
        (PORTS, PORTS.replace("tcp", "udp"), ["21", "22"]),
    ],
    ids=[
        "another-address",
        "one-machine-less",
        "another-port",
        "another-range",
        "another-protocol",
    ],
)
def test_a_flow_that_lets_less_through_is_told_with_what_it_let_through(folder, old, new, words):
    found = lost(folder, "group_vars/all.yml", old, new, "imagerie")
    wanted = [f"flow visionneuse: tcp 8443 from 10.77.12.{one}" for one in words]
    wanted += [f"flow visionneuse: tcp 8443 from fd77:12::{one}" for one in words]
    assert found == wanted


def test_an_address_less_among_those_who_administer_is_told(folder):
    found = lost(folder, "group_vars/all.yml", "administration: [10.77.12.1, ", "administration: [")
    assert found == ["flow ssh-administration: tcp 22 from 10.77.12.1"]


def test_a_machine_whose_address_is_another_one_is_told_on_the_others(folder):
    found = lost(folder, "hosts.yml", "[10.77.12.22, ", "[10.77.12.29, ", "imagerie")
    assert found == ["flow visionneuse: tcp 8443 from 10.77.12.22"]


def test_an_outbound_flow_for_some_accounts_alone_is_told(folder):
    old = "peers: [imagerie]\n    hosts: [workstations]"
    found = lost(folder, "group_vars/all.yml", old, f"{old}\n    users: [root]")
    assert found == [
        "flow visionneuse-vers-imagerie: tcp 8443 to 10.77.12.10",
        "flow visionneuse-vers-imagerie: tcp 8443 to fd77:12::10",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (PORTS, PORTS.replace("[8443]", '[8444, "8440-8443"]')),
        (VIEWER, VIEWER.replace("[workstations]", "[accueil, 10.77.12.22, 'fd77:12::/120']")),
        (VIEWER, VIEWER.replace("[workstations]", "[10.77.12.0/24, 'fd77:12::/120']")),
        (VIEWER + '\n    purpose: "', VIEWER + '\n    purpose: "Autrement dit : '),
    ],
    ids=["more-ports", "other-words", "networks", "purpose"],
)
def test_a_flow_that_lets_the_same_or_more_through_is_not(folder, old, new):
    assert lost(folder, "group_vars/all.yml", old, new, "imagerie") == []


def test_the_list_of_an_apply_that_knew_flows_by_name_alone_asks_nothing(folder):
    practice = load(folder, root=ROOT)
    for host in practice.hosts.values():
        now = declared(practice, host)
        former = [line for line in now if not line.startswith("updates from ") and ": " not in line]
        assert "flow ssh-administration" in former
        assert given_up(listed(former), now) == []


@pytest.mark.parametrize(
    ("host", "edit", "words"),
    [
        (
            "accueil",
            (ALL, "server: hebergeur", "server: sauvegarde"),
            ["copies to distant: server 10.77.12.40"],
        ),
        (
            "accueil",
            (ALL, f"{PROVIDER} off-site", f"{PROVIDER} on-site"),
            ["copies to distant: off-site"],
        ),
        (
            "sauvegarde",
            (ALL, "luks_uuid: 5f4c", "luks_uuid: 5f4d"),
            ["copies to disque-a: disk 5f4c3a2b-1d0e-4f6a-8b7c-9d8e7f6a5b4c"],
        ),
        (
            "sauvegarde",
            (KEEPERS, "---\n", "---\nbackup_keep_daily_days: 7\n"),
            [
                f"copies kept for {one}: daily: 30 days"
                for one in ("accueil", "imagerie", "medecin")
            ],
        ),
        ("sauvegarde", (KEEPERS, "---\n", "---\nbackup_keep_daily_days: 60\n"), []),
        (
            "imagerie",
            (IMAGES, "[echo, store, find]", "[echo, find]"),
            ["modality echographe: may ask for store"],
        ),
        (
            "imagerie",
            (IMAGES, "aet: ECHO1", "aet: ECHO2"),
            ["modality echographe: ECHO1 at 10.77.12.60 port 11112"],
        ),
        (
            "accueil",
            (ALL, "---\n", f"---\nupdates_distribution_origins: ['{DEBIAN},label=Debian']\n"),
            [
                f"updates from {DEBIAN},label=Debian-Security",
                f"updates from {DEBIAN}-security,label=Debian-Security",
                f"updates from {DEBIAN}-updates,label=Debian",
            ],
        ),
    ],
    ids=["server", "off-site", "disk", "shorter", "longer", "operation", "title", "origins"],
)
def test_what_keeps_its_name_and_does_less_is_told(folder, host, edit, words):
    assert lost(folder, *edit, host) == words


def test_both_engines_compare_alike():
    now = listed(["copies to nas", "flow web: tcp 80, 443 to any"])
    before = listed(
        ["copies to nas", "copies to usb", "copies to usb: disk 1", "flow web: tcp 443 to any"]
    )
    assert FILTERS["given_up"](before, now) == ["copies to usb"]
    assert (
        "socle_before.stdout | given_up(socle_listed)"
        in (ROOT / "socle/apply/ansible/giving_up.yml").read_text()
    )


def test_while_a_run_is_under_way_what_was_and_what_now_is_count():
    now = ["copies to nas", "flow web: tcp 80, 443 to any"]
    before = listed(["copies to usb", "flow web: tcp 443 to any"])
    on_the_host = under_way(before, now)
    assert on_the_host == [*now[:1], "copies to usb", *now[1:]]
    assert given_up(listed(on_the_host), []) == ["copies to nas", "copies to usb", now[1]]
    assert given_up(listed(on_the_host), now) == ["copies to usb"], "until an apply is complete"
    assert under_way(listed(now), now) == now
    assert FILTERS["under_way"](before, listed(now)) == listed(on_the_host)


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
