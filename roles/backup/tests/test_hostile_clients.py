"""Whatever a client has put into its repository, the others' parts go on, and it is told."""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from backup import (
    check,
    paths,
    prune,
    quarantine,
    restic,
    run,
    served,
    snapshots,
    stale,
    state,
    status,
)
from backup.config import Config, Repository, Secrets, Served
from backup.errors import UNJUDGED, BackupError, Unjudged
from hypothesis import given, settings
from hypothesis import strategies as st

from roles.backup import destinations
from socle.verify.checks import ControlFailed, Unknown

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
ID = "1d05717451231840044a15041902ee322a6a81110a80d8ac351927138cf415ff"
DATES = ("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:00:00-12:00",
         "9999-12-31T23:59:59.999999999Z", "2026-11-22T02:10:00.123456789+01:00")  # fmt: skip
FAULTS = (ValueError, OverflowError, RecursionError, MemoryError, UnicodeError, KeyError,
          PermissionError, BackupError)  # fmt: skip

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
listings = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.just(ID) | junk,
            "time": st.sampled_from(DATES) | st.text("0123456789-:.TZ+", max_size=30) | junk,
            "paths": st.lists(st.text(), max_size=2) | junk,
        },
        optional={"tags": st.just([snapshots.CANARY]) | junk, "summary": junk},
    )
    | junk,
    max_size=3,
)


@settings(deadline=None)
@given(listings)
def test_of_any_list_either_snapshots_come_or_one_error(found):
    with suppress(Unjudged):
        listed = snapshots.listed(json.dumps(found))
        for one in snapshots.real(listed):
            shown = snapshots.described(one, [], NOW)
            datetime.fromisoformat(shown["time"])
            assert all(isinstance(path, str) for path in shown["paths"])
        snapshots.future(listed, NOW)


@pytest.mark.parametrize("text", ["[" * 100_000, "{", '[{"id": 1%s}]' % ("0" * 5000), "5", '"x"'])
def test_what_is_no_list_is_one_error(text):
    with pytest.raises(BackupError, match=UNJUDGED):
        snapshots.listed(text)


@settings(deadline=None)
@given(st.sampled_from(DATES) | st.datetimes(timezones=st.timezones()).map(datetime.isoformat))
def test_every_date_can_be_told_and_compared(text):
    moment = state.moment(text)
    assert state.moment(state.stamp(moment)) == moment.replace(microsecond=0)
    assert isinstance(moment > NOW + snapshots.CLOCKS, bool)
    assert isinstance(NOW - moment, timedelta)


@settings(deadline=None)
@given(st.text())
def test_no_other_text_is_a_date(text):
    with suppress(BackupError):
        assert state.moment(text).tzinfo is UTC


@settings(deadline=None)
@given(st.floats(allow_nan=False))
def test_every_time_of_a_file_can_be_told(seconds):
    assert len(state.stamp(state.arrived(seconds))) == len("2026-11-22T02:10:00Z")


def test_snapshots_are_in_the_order_of_their_moments_not_of_their_texts():
    texts = ["2026-11-22T13:00:00+14:00", "2026-11-22T02:00:00Z", "2026-11-22T01:30:00-02:00"]
    listed = snapshots.listed(json.dumps([{"id": ID, "time": one} for one in reversed(texts)]))
    assert [one["time"] for one in listed] == [texts[0], texts[1], texts[2]]


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server with two clients, and what asks its repositories."""
    monkeypatch.setattr(paths, "PRUNES", tmp_path / "state/prunes.json")
    monkeypatch.setattr(prune, "unlocked", lambda *_, **__: restic.Answer(0, "", ""))
    kept = {}
    for client in ("bad", "good"):
        (tmp_path / client / "snapshots").mkdir(parents=True)
        (tmp_path / client / "snapshots" / ID).touch()
        os.utime(tmp_path / client / "snapshots" / ID, (NOW.timestamp(),) * 2)
        kept[client] = [{"id": ID, "time": "2026-11-22T02:10:00Z", "paths": ["/srv"]}]
    monkeypatch.setattr(
        restic.Restic,
        "must",
        lambda one, *_, **__: restic.Answer(0, json.dumps(kept[one.location.split("/")[-1]]), ""),
    )
    monkeypatch.setattr(quarantine, "tidied", lambda *_: 0)
    clients = tuple(Served(one, str(tmp_path / one), {"daily": "30d"}) for one in kept)
    passwords = {f"served:{one}": "secret" for one in kept}
    return SimpleNamespace(
        config=Config("serveur", served=clients), secrets=Secrets(passwords, {}), kept=kept
    )


@pytest.mark.parametrize("date", DATES[:4])
def test_one_clients_dates_stop_no_other(server, date):
    server.kept["bad"][0]["time"] = date
    results = prune.prune(server.config, server.secrets)
    assert results["good"]["result"] == "ok"
    assert state.read(paths.PRUNES, {}) == results
    bad = served.status(server.config.served[0], server.secrets, NOW)
    assert bad["error"] is None
    assert bad["misdated"]
    with pytest.raises(ControlFailed, match="bad"):
        destinations.expect_true_dates([bad])


@pytest.mark.parametrize("fault", FAULTS)
def test_one_clients_fault_stops_no_other(server, monkeypatch, fault):
    def tidied(one, _):
        if one.client == "bad":
            raise fault("why")

    monkeypatch.setattr(quarantine, "tidied", tidied)
    results = prune.prune(server.config, server.secrets)
    assert [one["result"] for one in results.values()] == ["failed", "ok"]
    assert state.read(paths.PRUNES, {}) == results
    tidy = quarantine.tidy(server.config)
    assert [one["result"] for one in tidy.values()] == ["failed", "ok"]
    assert len(quarantine.lines(tidy)) == 2


def test_what_cannot_be_judged_leaves_the_control_unknown(server):
    server.kept["bad"] = [{"id": ID}]
    seen = [served.status(one, server.secrets, NOW) for one in server.config.served]
    assert [one["reachable"] for one in seen] == [False, True]
    with pytest.raises(Unknown, match="bad"):
        destinations.expect_true_dates(seen)
    destinations.expect_true_dates(seen[1:])


def test_thousands_of_false_dates_fill_no_answer(server):
    server.kept["bad"] = [{"id": ID, "time": DATES[3], "paths": ["/x" * 2000] * 50}] * 50
    shown = json.dumps(served.status(server.config.served[0], server.secrets, NOW))
    assert len(shown) < 100_000


def test_who_has_waited_longest_is_pruned_first_and_a_full_disk_stops_nobody(server, monkeypatch):
    times = {"bad": {"time": "2026-11-21T00:00:00Z"}, "good": {"time": "2026-11-20T00:00:00Z"}}
    state.write(paths.PRUNES, times)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(state, "write", full)
    done = []
    monkeypatch.setattr(prune, "_pruned", lambda one, _: done.append(one.client) or {})
    with pytest.raises(OSError, match="No space"):
        prune.prune(server.config, server.secrets)
    assert done == ["good", "bad"]


@pytest.mark.parametrize("fault", FAULTS)
def test_one_repositorys_fault_hides_no_other(monkeypatch, fault):
    def refuse(*_, **__):
        raise fault("why")

    monkeypatch.setattr(restic.Restic, "run", refuse)
    declared = Repository("nas", "folder", path="/nas")
    config, secrets = Config("accueil", repositories=(declared,)), Secrets({"nas": "secret"}, {})
    assert status.Look(config, secrets).repository(declared)["error"]
    assert check._one(config, secrets, "nas")["reason"]
    made = run._one(declared, secrets, run.Wanted(["backup"], "", 0))
    assert made["result"] == "failed"
    assert made["reason"]


@pytest.mark.parametrize("levels", [1500, 3000])
def test_a_folder_of_any_depth_stops_nothing(tmp_path, deep, monkeypatch, levels):
    monkeypatch.setattr(paths, "PRUNES", tmp_path / "prunes.json")
    repository = tmp_path / "medecin"
    (repository / "index").mkdir(parents=True)
    (repository / "index" / ("0" * 64)).write_text("false")
    (repository / "a").mkdir()
    deep(repository / "a", levels)
    one = Served("medecin", str(repository), {})
    assert quarantine.tidied(one, state.now() + timedelta(hours=1)) == 1
    declared = Config("serveur", served=(one,))
    moved = quarantine.rewind(declared, "medecin", NOW - timedelta(days=9999))
    assert moved["medecin"]["moved"] == int(levels < 2000)


def test_what_cannot_be_moved_is_told_and_the_rest_is_moved(tmp_path, deep, monkeypatch):
    monkeypatch.setattr(paths, "PRUNES", tmp_path / "prunes.json")
    (tmp_path / "medecin/b").mkdir(parents=True)
    (tmp_path / "medecin/b/x").touch()
    levels = (4094 - len(str(tmp_path / "medecin/x"))) // 2
    deep(tmp_path / "medecin", levels)
    with pytest.raises(BackupError, match=r"1 files cannot be .* 1 were"):
        quarantine._move(Served("medecin", str(tmp_path / "medecin"), {}), lambda _: True)


def test_a_file_that_goes_away_meanwhile_is_no_fault(tmp_path):
    file = tmp_path / "medecin/locks/x"
    file.parent.mkdir(parents=True)
    file.touch()
    one = Served("medecin", str(tmp_path / "medecin"), {})
    assert quarantine._move(one, lambda found: found.unlink() or found.stat()) == 0


@pytest.mark.parametrize("pid", [1 << 40, -1, 0, None, "1", [], True])
def test_a_lock_of_any_process_number(pid):
    lock = {"hostname": os.uname().nodename, "pid": pid, "time": state.stamp()}
    assert stale.stale(lock, state.now(), owner=False)


@pytest.mark.parametrize("lock", ["[" * 100_000, "5", "{}", '{"time": 5}', '{"time": "soon"}'])
def test_what_is_no_lock_is_one_error(lock):
    target = SimpleNamespace(
        run=lambda *_, **__: restic.Answer(1, "", "already locked"),
        must=lambda verb, *_, **__: restic.Answer(0, "1" if verb == "list" else lock, ""),
    )
    with pytest.raises(BackupError, match=UNJUDGED):
        stale.unlocked(target, "check")


def test_who_holds_a_lock_is_told_as_text():
    told = stale.describe({"hostname": "a\x1b[2J\n" + "b" * 999, "time": DATES[2]})
    assert told.isprintable()
    assert len(told) < 150


def says(script, **how):
    process = restic._Process(["sh", "-c", script], [], keep=True)
    return process.talk(20, how.get("watch"), None)


def test_an_answer_without_end_is_stopped(monkeypatch):
    monkeypatch.setattr(restic, "MOST_KEPT", 1 << 20)
    for endless in ("exec yes", "exec tr '\\0' x < /dev/zero"):
        with pytest.raises(BackupError, match="no end"):
            says(endless)


def test_who_stumbles_over_an_answer_is_not_waited_for():
    """restic would write into a full pipe for ever."""

    def watch(message):
        raise KeyError("path")

    with pytest.raises(KeyError):
        says("echo '{\"a\": 1}'; exec yes", watch=watch)


def test_a_name_that_looks_like_json_ends_no_copy():
    end = json.dumps({"message_type": "summary", "snapshot_id": ID, "total_files_processed": 1,
                      "total_bytes_processed": 1, "data_added": 1})  # fmt: skip
    answer = restic.Answer(0, end, "error: lstat /home/x/\n{y: gone\n" + '{"a":' * 50_000)
    assert run.summary(answer)["result"] == "ok"
