"""What the backups' checks make of the repositories' answers; no machine is asked."""

from __future__ import annotations

import base64
import json
import subprocess
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from roles.backup import copies, destinations
from roles.backup.answers import signed_by
from socle.verify.checks import ControlFailed, Unknown, noted

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SETTINGS = SimpleNamespace(
    backup_max_age_hours=26,
    backup_max_drift_percent=50,
    backup_check_days=8,
    backup_offline_days=7,
    backup_restore_test_days=35,
    backup_store="/srv/socle-backup",
    backup_authorized=[{"client": "medecin", "key": "ssh-ed25519 AAAA"}],
)


def ago(**span: float) -> str:
    return (NOW - timedelta(**span)).isoformat()


def repository(**other):
    newest = {"age_hours": 3.0, "time": ago(hours=3), "bytes": 1000}
    found = {
        "name": "serveur", "kind": "server", "error": None, "snapshots": 2, "newest": newest,
        "previous": {"bytes": 1000}, "oldest": {"time": ago(days=20)}, "folders": {"/srv": 3},
        "last_check": {"time": ago(days=2), "result": "ok", "reason": None},
    }  # fmt: skip
    return found | other


def disk(result="ok", signature="good", days=2.0, **other):
    last = {"result": result, "signature": signature, "newest": {"medecin": ago(days=days)}}
    found = {"name": "disque-a", "kind": "disk", "attached": False, "attached_hours": None}
    return found | {"last_copy": last | {"reason": None}} | other


def test_a_good_repository_passes():
    copies.expect_readable(repository())
    copies.expect_fresh(repository(), SETTINGS)
    copies.expect_complete(repository(), ["/srv"], {"/srv"})
    copies.expect_checked(repository(), SETTINGS, NOW.isoformat())


@pytest.mark.parametrize(
    ("newest", "previous"),
    [
        (None, None),
        ({"age_hours": 27.0, "bytes": 1000}, None),
        ({"age_hours": -5.0, "bytes": 1000}, None),
        ({"age_hours": 1.0, "bytes": 400}, {"bytes": 1000}),
    ],
)
def test_a_copy_that_is_old_future_or_shrunk_fails(newest, previous):
    with pytest.raises(ControlFailed):
        copies.expect_fresh(repository(newest=newest, previous=previous), SETTINGS)


@pytest.mark.parametrize("folders", [{"/srv": None}, {"/srv": 0}, {}])
def test_a_folder_that_is_missing_or_emptied_fails(folders):
    with pytest.raises(ControlFailed):
        copies.expect_complete(repository(folders=folders), ["/srv"], {"/srv"})
    if folders == {"/srv": 0}:
        copies.expect_complete(repository(folders=folders), ["/srv"], set())  # it is empty itself


def test_a_network_fault_is_no_verdict_and_a_wrong_password_is():
    with pytest.raises(Unknown):
        copies.expect_readable(repository(error="the server does not answer"))
    with pytest.raises(ControlFailed):
        copies.expect_readable(repository(error="the repository has another password"))


@pytest.mark.parametrize(
    "last", [None, {"time": ago(days=9), "result": "ok", "reason": None},
             {"time": ago(days=1), "result": "failed", "reason": "the repository is damaged"}]
)  # fmt: skip
def test_a_check_that_is_missing_old_or_bad_fails(last):
    with pytest.raises(ControlFailed):
        copies.expect_checked(repository(last_check=last), SETTINGS, NOW.isoformat())


def test_a_new_repository_has_a_week_for_its_first_check():
    new = repository(last_check=None, oldest={"time": ago(days=3)})
    copies.expect_checked(new, SETTINGS, NOW.isoformat())


def on_disk(one):
    copies.expect_on_a_disk("medecin", [(one, NOW.isoformat())], 7)


def test_one_good_disk_is_enough():
    both = [(disk(days=30), NOW.isoformat()), (disk(), NOW.isoformat())]
    copies.expect_on_a_disk("medecin", both, 7)


@pytest.mark.parametrize(
    "one",
    [
        disk(days=8),
        disk(days=-3),
        disk(signature="bad"),
        disk(signature="missing"),
        disk(result="interrupted"),
        disk(last_copy=None),
    ],
)
def test_a_disk_that_is_old_edited_or_interrupted_fails(one):
    with pytest.raises(ControlFailed):
        on_disk(one)
    assert not copies.is_fresh(one, SETTINGS, NOW.isoformat())


def test_a_disk_left_plugged_in_fails():
    copies.expect_let_go(disk(attached=True, attached_hours=2.0), 12)
    with pytest.raises(ControlFailed, match="attached for 13 hours"):
        copies.expect_let_go(disk(attached=True, attached_hours=13.0), 12)


def test_what_was_tried_and_not_refused_fails():
    good = {"refused": True, "error": None, "attempts": {"forget": "refused"}}
    destinations.expect_refused(good, "serveur")
    bad = {"refused": False, "error": None, "attempts": {"forget": "succeeded"}}
    with pytest.raises(ControlFailed, match="NOT refused: forget"):
        destinations.expect_refused(bad, "serveur")
    for nothing in (None, {"refused": None, "error": "the server does not answer"}):
        with pytest.raises(Unknown):
            destinations.expect_refused(nothing, "serveur")


def test_only_the_declared_lines_are_allowed():
    line = next(iter(destinations.allowed(SETTINGS)))
    assert line == (
        'restrict,command="rclone serve restic --stdio --append-only /srv/socle-backup/medecin" '
        "ssh-ed25519 AAAA medecin"
    )


def test_a_signature_is_the_machines_own_or_it_is_none(tmp_path):
    record = json.dumps({"repository": "serveur"}).encode()
    for name in ("mine", "other"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True
        )
    file = tmp_path / "record"
    file.write_bytes(record)
    sign = ["ssh-keygen", "-Y", "sign", "-f", tmp_path / "mine", "-n", "socle-restore-test", file]
    subprocess.run(sign, check=True, capture_output=True)
    signature = (tmp_path / "record.sig").read_bytes()
    mine, other = (
        " ".join((tmp_path / f"{name}.pub").read_text().split()[:2]) for name in ("mine", "other")
    )
    assert signed_by(mine, record, signature)
    assert not signed_by(other, record, signature)
    assert not signed_by(mine, record + b" ", signature)
    assert not signed_by(mine, record, b"")


@pytest.fixture
def facts():
    token = noted.set([])
    yield noted.get()
    noted.reset(token)


def test_the_newest_copy_is_noted_for_the_reports(facts):
    unreadable = {"name": "away", "error": "the server refuses the connection"}
    copies.note_newest([repository(place="off-site"), repository(newest=None), unreadable])
    assert facts == [
        {"kind": "copy", "repository": "serveur", "place": "off-site", "time": ago(hours=3)}
    ]


@pytest.mark.parametrize("good", [True, False])
def test_only_a_signed_restore_test_is_noted(facts, monkeypatch, good):
    test = {"time": ago(days=1), "repository": "serveur", "result": "ok", "files": 21}
    record = json.dumps(test | {"bytes": 5000, "seconds": 1.5, "snapshot": "1d057174"})
    said = base64.b64encode(record.encode()).decode() + "\n"
    host = SimpleNamespace(run=lambda _: SimpleNamespace(stdout=said))
    monkeypatch.setattr(copies, "signed_by", lambda *_: good)
    try:
        copies.expect_restored(host, "serveur", "key", SETTINGS, NOW.isoformat())
    except ControlFailed:
        assert not good
    assert [fact["kind"] for fact in facts] == ["restore"] * good
    assert all("snapshot" not in fact for fact in facts)


def test_a_disk_is_noted_for_the_machine_whose_copies_it_holds(facts):
    copies.expect_on_a_disk("medecin", [(disk(), NOW.isoformat())], 7)
    assert facts == [
        {"kind": "disk", "repository": "disque-a", "machine": "medecin", "time": ago(days=2)}
    ]
