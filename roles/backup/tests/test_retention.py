"""Which snapshots a backup server lets go, and that no client can make it let go of good ones."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta

import pytest
from backup import paths, quarantine, state
from backup.config import Config, Served
from backup.errors import BackupError
from backup.retention import Snapshot, span, to_forget
from backup.served import misdated

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
RULES = {"daily": "30d", "weekly": "12w", "monthly": "24m"}


def nightly(days: int) -> list[Snapshot]:
    moments = [NOW - timedelta(days=n, hours=1) for n in range(days)]
    return [Snapshot(f"night-{n}", moment, moment) for n, moment in enumerate(moments)]


def kept(found, rules=None):
    gone = {one.id for one in to_forget(found, rules or RULES, NOW)}
    return [one for one in found if one.id not in gone]


def test_days_weeks_months():
    left = kept(nightly(800))
    ages = [(NOW - one.arrived).days for one in left]
    assert ages[:30] == list(range(30))
    assert len([age for age in ages if 30 <= age < 84]) in (7, 8, 9, 10)
    assert 45 < len(left) < 70
    assert max(ages) > 700


@pytest.mark.parametrize(
    ("text", "days"), [("30d", 30), ("12w", 84), ("24m", 744), ("1y6m", 552), ("0d", 0)]
)
def test_spans(text, days):
    assert span(text) == timedelta(days=days)


@pytest.mark.parametrize("text", ["", "30", "d", "30 d", "3x", "-3d", "3d!"])
def test_bad_spans(text):
    with pytest.raises(BackupError, match="not a duration"):
        span(text)


def test_bad_rules_remove_nothing():
    for rules in ({}, {"fortnightly": "2w"}, {"daily": "soon"}):
        with pytest.raises(BackupError):
            to_forget(nightly(90), rules, NOW)


def test_the_newest_always_stays():
    old = [Snapshot("a", NOW - timedelta(days=4000), NOW - timedelta(days=4000))]
    assert kept(old) == old
    assert kept(nightly(3), {"daily": "0d"})[0].id == "night-0"


def test_nothing_young_goes():
    hourly = [
        Snapshot(str(n), NOW - timedelta(hours=n), NOW - timedelta(hours=n)) for n in range(40)
    ]
    assert kept(hourly, {"monthly": "1m"}) == hourly


def test_claimed_dates_drop_nothing():
    """Snapshots dated 23:59 of every day, all written today by an intruder."""
    good = nightly(30)
    claims = [
        Snapshot(f"false-{n}", (NOW - timedelta(days=n)).replace(hour=23, minute=59), NOW)
        for n in range(1, 30)
    ]
    left = kept(good + claims)
    assert {one.id for one in good} <= {one.id for one in left}


def test_misdated_snapshots_are_named():
    day = timedelta(days=1)
    good = Snapshot("good", NOW - day, NOW - day + timedelta(hours=9))
    ahead = Snapshot("ahead", NOW + day, NOW)
    behind = Snapshot("behind", NOW - 20 * day, NOW)
    assert [one["id"] for one in misdated([good, ahead, behind])] == ["ahead", "behind"]


def test_of_canaries_the_newest_stays():
    canaries = [
        Snapshot(f"canary-{n}", NOW - timedelta(days=n), NOW - timedelta(days=n), canary=True)
        for n in range(3)
    ]
    left = kept(nightly(5) + canaries)
    assert [one.id for one in left if one.canary] == ["canary-0"]
    assert len(left) == 6


def test_false_files_are_moved_and_none_deleted(tmp_path):
    repository = tmp_path / "medecin"
    good = hashlib.sha256(b"good").hexdigest()
    for kind in ("index", "keys", "snapshots", "locks", "data/aa"):
        (repository / kind).mkdir(parents=True)
        (repository / kind / good).write_bytes(b"good")
        (repository / kind / ("0" * 64)).write_bytes(b"" if "data" in kind else b"false")
    (repository / "config").write_bytes(b"named otherwise")
    (repository / "data/aa/partial").write_bytes(b"unjudged")
    one = Served("medecin", str(repository), {})
    assert quarantine.tidied(one, state.now() - timedelta(hours=1)) == 0, "still on its way"
    assert quarantine.tidied(one, state.now() + timedelta(hours=1)) == 5
    assert quarantine.tidied(one, state.now() + timedelta(hours=1)) == 0
    assert len([p for p in (tmp_path / ".quarantine-medecin").rglob("*") if p.is_file()]) == 5
    assert (repository / "config").exists()
    assert (repository / "index" / good).exists()


def test_rewind(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "PRUNES", tmp_path / "prunes.json")
    for name, age in (("config", 50), ("index", 20), ("garbage", 1)):
        file = tmp_path / "repository" / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
        os.utime(file, ((NOW - timedelta(hours=age)).timestamp(),) * 2)
    served = Served("medecin", str(tmp_path / "repository"), {})
    declared = Config("sauvegarde", served=(served,))
    with pytest.raises(BackupError, match=r"no client x \(there are: medecin"):
        quarantine.rewind(declared, "x", NOW)
    state.write(paths.PRUNES, {"medecin": {"time": state.stamp(NOW), "removed": 3}})
    with pytest.raises(BackupError, match="pruned since"):
        quarantine.rewind(declared, "medecin", NOW - timedelta(hours=2))
    paths.PRUNES.unlink()
    moved = quarantine.rewind(declared, "medecin", NOW - timedelta(hours=2))
    assert moved["medecin"]["moved"] == 1
    assert sorted(p.name for p in (tmp_path / "repository").iterdir()) == ["config", "index"]
