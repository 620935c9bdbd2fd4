"""What the backup program reads: declarations and secrets, and what it says of bad ones."""

from __future__ import annotations

import json

import pytest
from backup import config, locks, paths, state
from backup.errors import BackupError, Busy

GOOD = {
    "host": "imagerie",
    "folders": ["/etc"],
    "repositories": [
        {"name": "serveur", "kind": "server", "address": "10.0.0.3", "later": "ignored"},
        {"name": "cave", "kind": "server", "address": "10.0.0.4", "online": False},
        {"name": "disque", "kind": "disk", "luks_uuid": "u", "online": False},
    ],
}


@pytest.fixture
def file(tmp_path):
    def written(data, mode=0o600):
        path = tmp_path / "backup.json"
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        path.chmod(mode)
        return path

    return written


def test_declared(file):
    found = config.load(file(GOOD))
    assert found.online()[0].port == 22
    assert [one.name for one in found.online()] == ["serveur"]
    assert [one.name for one in found.online(("cave",))] == ["cave"]
    assert found.disk("disque").luks_uuid == "u"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{", "not JSON"),
        ([], "expected an object"),
        ({"folders": []}, "a needed value is missing"),
        ({"host": "x", "folders": ["etc"]}, "not an absolute folder: etc"),
        ({"host": "x", "repositories": [{"name": "a"}]}, "a needed value is missing"),
        ({"host": "x", "repositories": [{"name": "a", "kind": "s3"}]}, "repository a: kind 's3'"),
        ({"host": "x", "repositories": [{"name": "a", "kind": "disk"}]}, "a: no luks_uuid"),
        ({"host": "x", "databases": [{"name": "d", "kind": "oracle"}]}, "d: kind 'oracle'"),
    ],
)
def test_bad_declarations(file, data, words):
    with pytest.raises(BackupError, match=words) as caught:
        config.load(file(data))
    assert "backup.json" in str(caught.value)


def test_unknown_names(file):
    found = config.load(file(GOOD))
    with pytest.raises(BackupError, match=r"no repository x .declared: serveur, cave, disque"):
        found.online(("x",))
    with pytest.raises(BackupError, match="no offline disk serveur"):
        found.disk("serveur")


def test_secrets_are_for_root_and_never_shown(file):
    data = {"passwords": {"serveur": "canary"}}
    found = config.secrets(file(data))
    assert found.password("serveur") == "canary"
    assert "canary" not in repr(found)
    with pytest.raises(BackupError, match="no LUKS passphrase for disque"):
        found.key("disque")
    with pytest.raises(BackupError, match="others than its owner"):
        config.secrets(file(data, 0o640))


def test_only_one_works(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RUNTIME", tmp_path / "run")
    assert not locks.busy()
    with locks.alone("a backup"):
        assert locks.busy()
        with pytest.raises(Busy, match=r"not started: a backup \(pid \d+, since .*Z\) is running"):
            locks.alone("another", patience=0).__enter__()
    assert not locks.busy()


@pytest.mark.parametrize(
    "text",
    ["2026-11-22T02:10:00.003258721Z", "2026-11-22T03:10:00.003258721+01:00",
     "2026-11-22T02:10:00Z", "2026-11-22T02:10:00"],
)  # fmt: skip
def test_times_of_both_resticss(text):
    assert state.stamp(state.moment(text)) == "2026-11-22T02:10:00Z"


def test_records_are_replaced_whole(tmp_path):
    file = tmp_path / "state" / "runs.json"
    state.write(file, [1])
    assert file.stat().st_mode & 0o777 == 0o600
    assert state.read(file, []) == [1]
    assert state.read(file, {}) == {}, "not what was asked for"
    file.write_text("half")
    assert state.read(file, []) == []
    assert [one.name for one in file.parent.iterdir()] == ["runs.json"]
