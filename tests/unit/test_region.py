"""A region is judged from its bundles: the newest of each machine, honestly, and only once."""

import gzip
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
import regions
from evidence_tools import key
from regions import NOW, command, machine, put, survey

from socle.errors import SocleError
from socle.evidence import signature
from socle.region import judging, work
from socle.region import survey as surveying
from socle.region.model import Source
from socle.region.pool import AHEAD, spread

MARTIN = "0123456789abcdef"


@pytest.fixture
def real():
    return regions.real()


@pytest.fixture
def region(tmp_path):
    return tmp_path / "region"


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


def nobody(*_, **__):
    raise AssertionError("work that was done before is done again")


def test_only_the_newest_bundle_of_a_machine_counts(real, region, state):
    for days in (20, 3, 30):
        put(region, machine(real, days=days))
    put(region, machine(real, host="medecin", days=8))
    machines, reading, _ = survey(region, state)
    assert sorted((NOW - one.head.collected).days for one in machines) == [3, 8]
    assert reading.count == 4


def test_the_very_same_checks_judge_the_same_again(real, region, state):
    put(region, machine(real))
    ((declared,), _, _), ((again,), _, _) = (
        survey(region, state, judging=how) for how in ("none", "all")
    )
    assert (declared.source, again.source) == (Source.DECLARED, Source.AGAIN)
    assert declared.verdicts == again.verdicts
    assert {"pass", "fail", "unknown", "not-applicable"} <= set(declared.verdicts.values())


def test_verdicts_of_other_checks_are_given_again(real, region, state):
    software = real.software.model_copy(update={"versions": {"checks": "0" * 64}})
    put(region, regions.verdict(machine(real, software=software), "firewall-default-deny", "pass"))
    ((found,), _, _) = survey(region, state)
    assert found.source is Source.AGAIN
    assert found.verdicts["firewall-default-deny"] != "pass"


def test_a_run_of_some_controls_is_judged_again_and_what_nobody_measured_is_unknown(
    real, region, state
):
    (first, *_) = real.verdicts
    put(region, machine(real, verdicts=(first,), answers=()))
    ((found,), _, _) = survey(region, state)
    ((stored,), _, _) = survey(region, state, judging="none")
    assert (found.source, stored.source) == (Source.AGAIN, Source.DECLARED)
    for machine_ in (found, stored):
        assert "pass" not in {v for c, v in machine_.verdicts.items() if c != first.control}


def test_a_second_run_does_nothing_again(real, region, state, monkeypatch, tmp_path):
    signers = regions.Signers(tmp_path / "keys")
    mine = signers.key(f"practice:{MARTIN}/it")
    for host in ("accueil", "medecin"):
        signers.put(region, machine(real, host=host, id_=MARTIN), mine)
    before, _, _ = survey(region, state, trust=signers.trust)
    monkeypatch.setattr("socle.region.work.read", nobody)
    monkeypatch.setattr("socle.region.work.seal", nobody)
    for module in (surveying, judging):
        monkeypatch.setattr(module, "spread", lambda _work, items, *_, **__: map(nobody, items))
    after, _, _ = survey(region, state, trust=signers.trust)
    assert after == before


def test_another_baseline_and_other_checks_are_not_answered_from_the_cache(
    real, region, state, tmp_path, monkeypatch
):
    put(region, machine(real))
    survey(region, state, judging="all")
    asked = []
    monkeypatch.setattr(
        judging, "spread", lambda _work, items, *_, **__: asked.extend(items) or iter(())
    )
    (tmp_path / "newer/group_vars").mkdir(parents=True)
    survey(region, state, baseline=tmp_path / "newer")
    monkeypatch.setattr(judging, "checks_digest", lambda _root: "newer checks")
    survey(region, state, judging="all")
    assert len(asked) == 2


def test_a_killed_run_keeps_what_it_knew_and_leaves_no_process(real, region, state):
    for number in range(5):
        put(region, machine(real, host=f"poste-{number}"))
    words = [regions.SOCLE, "region", region, "--state", state, "--judge", "all", "--workers", "1"]
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (known := kept(state)) and time.monotonic() < deadline:
        time.sleep(0.02)
    children = processes_of(running.pid)
    running.kill()
    running.wait()
    assert 0 < known < 5
    assert kept(state) >= known
    while any(alive(child) for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, children))
    done = command(region, "--state", state, "--judge", "all")
    assert "5 machines of 1 practices" in done.stdout
    assert kept(state) == 5


def kept(state):
    try:
        with sqlite3.connect(f"file:{state}/region.sqlite?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM verdicts").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def processes_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_is_no_bundle_is_named_and_counted(real, region, state, tmp_path):
    whole = put(region, machine(real)).read_bytes()
    newer = json.loads(gzip.decompress(whole)) | {"schema": 99}
    files = {
        "cut.bundle": whole[: len(whole) // 2],
        "foreign.bundle": b"PK\3\4",
        "newer.bundle": gzip.compress(json.dumps(newer).encode()),
        "bomb.bundle": gzip.compress(b"[" * (33 << 20)),
        "other.bundle": gzip.compress(b'{"format": "x"}'),
    }
    for name, content in files.items():
        (region / name).write_bytes(content)
    put(region, machine(real, practice="cabinet-demain", days=-30))
    done = command(region, "--state", state, "--refused", tmp_path / "refused.tsv")
    assert "1 machines of 1 practices" in done.stdout
    assert "6 files refused" in done.stdout
    listed = (tmp_path / "refused.tsv").read_text()
    for said in (*files, "cabinet-demain", "use a newer one", "its date lies in the future"):
        assert said in done.stderr.replace("\n", " ")
        assert said in listed
    assert (tmp_path / "refused.tsv").stat().st_mode & 0o077 == 0
    assert done.returncode == 2


def test_a_folder_without_bundles_is_an_error(region, state):
    region.mkdir()
    done = command(region, "--state", state)
    assert done.returncode == 2
    assert "expected a folder with bundles" in done.stderr


def test_what_nobody_known_signed_is_unknown_and_told_apart(real, region, state, tmp_path):
    signers = regions.Signers(tmp_path / "keys")
    known, stranger = signers.key(f"practice:{MARTIN}/it"), key(tmp_path, "stranger")
    paths = {
        host: put(region, machine(real, host=host, id_=MARTIN))
        for host in ("good", "stranger", "unsigned", "altered", "swapped")
    }
    for host, mine in (("good", known), ("stranger", stranger), ("altered", known)):
        signature.sign(paths[host], mine)
    paths["altered"].write_bytes(gzip.compress(gzip.decompress(paths["altered"].read_bytes()), 1))
    for suffix in (".manifest", ".sig"):  # a signature that fits another file
        shutil.copy(f"{paths['good']}{suffix}", f"{paths['swapped']}{suffix}")
    machines, _, surveyed = survey(region, state, trust=signers.trust)
    assert [one.signed for one in machines].count(True) == 1
    for one in machines:
        assert one.signed or set(one.verdicts.values()) == {"unknown"}
    said = {one.path.name.partition("-")[0]: one.reason for one in surveyed.refused}
    assert said == {
        "stranger": "not signed by anyone known: unknown signer",
        "unsigned": "not signed by anyone known: unsigned",
        "altered": "not signed by anyone known: altered",
        "swapped": "not signed by anyone known: altered",
    }
    revoked = replace(signers.trust, revoked=known.with_name(f"{known.name}.pub"))
    machines, _, surveyed = survey(region, state, trust=revoked)
    assert not any(one.signed for one in machines)
    assert "not signed by anyone known: key revoked" in {one.reason for one in surveyed.refused}


def test_a_signature_that_comes_later_counts_in_the_next_run(real, region, state, tmp_path):
    signers = regions.Signers(tmp_path / "keys")
    known = signers.key(f"practice:{MARTIN}/it")
    path = put(region, machine(real, id_=MARTIN))
    ((before,), _, _) = survey(region, state, trust=signers.trust)
    signature.sign(path, known)
    ((after,), _, _) = survey(region, state, trust=signers.trust)
    assert (before.signed, after.signed) == (False, True)


def test_stored_verdicts_and_another_baseline_exclude_each_other(real, region, state, tmp_path):
    put(region, machine(real))
    (tmp_path / "group_vars").mkdir()
    done = command(region, "--state", state, "--baseline", tmp_path, "--judge", "none")
    assert done.returncode == 2
    assert "expected --baseline or --judge none" in done.stderr


def test_another_baseline_judges_the_practices_own_files_again(real, region, state):
    put(region, machine(real, host="localhost"))
    ((found,), _, _) = survey(region, state, baseline=regions.CHECKOUT)
    assert found.source is Source.AGAIN
    assert found.verdicts == {one.control: one.verdict for one in real.verdicts}


def test_a_check_that_a_bundle_keeps_busy_gives_up(monkeypatch):
    monkeypatch.setattr(work, "SECONDS", 0.1)
    with pytest.raises(TimeoutError, match="too long"):
        busy_for_ever()
    time.sleep(0.2)  # nothing rings afterwards


def busy_for_ever():
    with work._in_time():
        while True:
            pass


def test_few_items_are_on_their_way_at_any_moment():
    taken = []

    def source():
        for number in range(100):
            taken.append(number)
            yield number

    results = spread(abs, source(), 2, renewed=20)
    next(results)
    assert len(taken) <= 2 * AHEAD + 1
    assert sorted([0, *results])[-1] == 99
    assert len(taken) == 100


def test_a_worker_that_is_killed_is_an_error_not_a_silence():
    with pytest.raises(SocleError, match="a worker process was killed"):
        list(spread(end_as_the_kernel_would, [1], 1))


def end_as_the_kernel_would(_number):
    os.kill(os.getpid(), signal.SIGKILL)
