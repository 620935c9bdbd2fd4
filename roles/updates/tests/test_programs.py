"""The updates room without a machine: what is refused, and what the programs conclude."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from programs import program

from roles.updates import facts, repositories
from socle.baseline import load
from socle.baseline.windows import Window
from socle.errors import BadPractice
from socle.messages import message

ROOT = Path(__file__).parents[3]
FILES = Path(__file__).parents[1] / "files"
ON_HOST = FILES / "usr/local/lib/socle/updates"
DEBIAN = {"origin": "Debian", "label": "Debian-Security", "suite": "stable-security",
          "codename": "trixie-security"}  # fmt: skip
OWN = ["origin=Debian,codename=${distro_codename}-security,label=Debian-Security"]
RING = "/usr/share/keyrings/debian-archive-keyring.gpg"


reboot, pending = (program(ON_HOST / name) for name in ("reboot.py", "pending.py"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('updates_windows: [{days: daily, start: "00:00", end: "23:00"}]', "at most 14 hours"),
        ("updates_windows: []", "updates_windows"),
        ("updates_security_days: 40", "updates_security_days"),
        ("updates_automatic_restart: false", "waiver"),
        ("updates_held_packages: [libc6]", "waiver"),
        ("updates_max_age_days: 5", "waiver"),
        (
            "updates_third_parties: [{name: x, origins: ['all'], signed_by: /etc/apt/keyrings/x, "
            "purpose: essai}]",
            "fields of the repository",
        ),
        (
            "updates_third_parties: [{name: x, origins: ['origin=X'], signed_by: /tmp/x, "
            "purpose: essai}]",
            "below /etc/apt/keyrings",
        ),
        (
            "updates_third_parties: [{name: x, origins: ['origin=X'], "
            "signed_by: /etc/apt/keyrings/x, purpose: essai, hosts: [nobody]}]",
            "a host or a group",
        ),
    ],
)
def test_what_weakens_or_makes_no_sense_is_refused(tmp_path, line, said):
    folder = tmp_path / "demo"
    shutil.copytree(ROOT / "inventories/demo", folder)
    (folder / "host_vars").mkdir(exist_ok=True)
    (folder / "host_vars/imagerie.yml").write_text(f"---\n{line}\n")
    with pytest.raises(BadPractice, match=said):
        load(folder, root=ROOT)


WINDOWS = [
    Window(days="mon-fri", start="12:30", end="13:45"),
    Window(days="fri-mon", start="22:30", end="05:00"),
    Window(days="daily", start="20:00", end="00:00"),
    Window(days="wed,sat", start="00:00", end="14:00"),
]


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_the_machine_and_the_checks_agree_on_what_is_inside(window):
    words = f"{window.days}/{window.start}-{window.end}"
    moment = datetime(2026, 11, 16, 0, 7)
    for _ in range(7 * 24 * 4):
        assert reboot.inside(words, moment) == window.contains(moment), moment
        moment += timedelta(minutes=15)


def test_no_restart_begins_in_the_last_minutes_of_a_window():
    lunch = ["mon-fri/12:30-13:45"]
    assert reboot.open_now(lunch, datetime(2026, 11, 20, 13, 39))
    assert not reboot.open_now(lunch, datetime(2026, 11, 20, 13, 41))
    assert not reboot.open_now(lunch, datetime(2026, 11, 20, 12, 29))


SIMULATED = """\
Inst curl [8.14.1-2] (8.14.1-2+deb13u1 Debian-Security:13/stable-security [amd64])
Inst tzdata [2025b-4] (2026a-0 Debian:13.7/stable, Debian:13-updates/stable-updates [all])
Inst new (1 Debian:13.7/stable [all])
Conf curl (8.14.1-2+deb13u1 Debian-Security:13/stable-security [amd64])
"""


def test_pending_updates_are_read_from_apt(monkeypatch):
    monkeypatch.setattr(
        pending.subprocess, "run", lambda *_, **__: type("Done", (), {"stdout": SIMULATED})
    )
    monkeypatch.setattr(pending, "published", lambda: ({"kept": True}, []))
    assert pending.pending()["pending"] == {"curl": True, "tzdata": False, "kept": True}


def test_what_keeps_apt_from_resolving_hides_no_security_update(monkeypatch):
    def broken(*words, **_):
        raise pending.subprocess.CalledProcessError(100, words, stderr="E: Unmet dependencies.\n")

    monkeypatch.setattr(pending.subprocess, "run", broken)
    monkeypatch.setattr(pending, "published", lambda: ({"kept": True}, []))
    found = pending.pending()
    assert (found["pending"], found["apt_error"]) == ({"kept": True}, "E: Unmet dependencies.")


def machine(release=DEBIAN, options="", wide=()):
    """A machine with one source."""
    told = "|".join(release.values()) if release else ""
    asked = {
        "sources": {"x.list": f"deb {f'[{options}] ' if options else ''}http://a s main"},
        "targets": f"http://a/|s|{told}" if told else "",
        "architecture": "amd64",
    }
    keys = {"wide": list(wide), "owners": {RING: "debian-archive-keyring"}, "changed": []}
    return {
        "release": {"system": {"VERSION_CODENAME": "trixie"}, "row": {}},
        "apt": asked,
        "keys": keys,
    }


OTHER = {"origin": "Autre", "label": "Autre", "suite": "stable", "codename": ""}
DECLARED = [{"origins": ["origin=Autre,suite=stable"], "signed_by": "/etc/apt/keyrings/a.asc"}]


@pytest.mark.parametrize(
    ("source", "others", "bad"),
    [
        ({}, [], False),
        ({"options": f"signed-by={RING}"}, [], False),
        ({"options": "signed-by=/etc/apt/keyrings/a.asc"}, [], True),  # says it is Debian
        ({"release": None}, [], True),
        ({"release": OTHER}, [], True),
        ({"release": OTHER, "options": "signed-by=/etc/apt/keyrings/a.asc"}, DECLARED, False),
        ({"release": OTHER, "options": "signed-by=/etc/apt/keyrings/b.asc"}, DECLARED, True),
        ({"release": OTHER}, DECLARED, True),
    ],
)
def test_a_source_needs_a_declaration_and_its_own_key(source, others, bad):
    assert bool(repositories.undeclared_sources(machine(**source), OWN, others)) is bad


def test_a_foreign_key_for_every_source_spoils_sources_without_a_key_of_their_own():
    found = machine(wide=["/etc/apt/trusted.gpg.d/vendor.gpg"])
    assert repositories.undeclared_sources(found, OWN, [])


def test_a_moment_in_the_future_proves_nothing():
    assert facts.age({"now": 0, "ran": 10 * facts.DAY}, "ran")[0] == float("inf")
    assert facts.age({"now": 0, "ran": None}, "ran")[1] == message("never")
