"""Asking ahead and judging again, over real OpenSSH servers and with every room."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from socle.evidence.bundle import read
from socle.verify import Verdict
from socle.verify.collect import redactor, secrets
from socle.verify.replay import judge

pytestmark = pytest.mark.lab

MOST = 4  # SSH executions on one host, all controls


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """No question of an earlier session is remembered."""
    return str(tmp_path_factory.mktemp("cache"))


def collect(cabinet, folder, cache, *words):
    """Verify as an operator does; the verdicts and each host's bundle."""
    report = folder / "report.json"
    files = ("--evidence", folder, "--json", report)
    cabinet.socle("verify", cabinet.folder, *files, *words, code=None, XDG_CACHE_HOME=cache)
    hosts = {host["name"]: host["verdicts"] for host in json.loads(report.read_text())["hosts"]}
    found = {bundle.host.name: bundle for bundle in map(read, folder.glob("*.bundle"))}
    return {name: verdicts for name, verdicts in hosts.items() if verdicts}, found


def executions(cabinet, host, command) -> int:
    """How often somebody became root there by sudo while ``command`` ran."""
    count = "journalctl --boot _COMM=sudo | grep -c 'session opened' || :"
    before = int(cabinet.root_on(host, count))
    command()
    return int(cabinet.root_on(host, count)) - before


def test_the_second_verification_of_a_host_sends_four_commands(hardened, tmp_path, cache):
    for host in ("accueil", "imagerie"):
        words = ("--limit", host)
        first, _ = collect(hardened, tmp_path / f"{host}-1", cache, *words)
        again = {}
        sent = executions(
            hardened,
            host,
            lambda h=host, w=words, a=again: a.update(
                collect(hardened, tmp_path / f"{h}-2", cache, *w)[0]
            ),
        )
        assert sent <= MOST
        assert verdicts(again[host]) == verdicts(first[host])


def test_what_every_host_answered_judges_as_it_did_live(hardened, tmp_path, cache):
    live, found = collect(hardened, tmp_path, cache)
    assert set(found) == set(live)
    masks = redactor(hardened.practice)
    for name, bundle in found.items():
        _, outcomes = judge(bundle, root=hardened.root)
        again = {o.control: (str(o.verdict), o.detail) for o in outcomes}
        assert again == {o["control"]: (o["verdict"], masks.text(o["detail"])) for o in live[name]}
        assert "has no answer" not in json.dumps(list(again.values()))
    assert Verdict.PASS in {one.verdict for one in found["accueil"].verdicts}


def test_the_same_baseline_resolved_again_gives_the_same_verdicts(hardened, tmp_path, cache):
    live, found = collect(hardened, tmp_path, cache)
    for name, bundle in found.items():
        _, outcomes = judge(bundle, baseline=hardened.root, root=hardened.root)
        assert verdicts([o.as_json() for o in outcomes]) == verdicts(live[name])


def test_no_secret_and_no_patients_file_is_in_a_bundle(hardened, tmp_path, cache):
    _, found = collect(hardened, tmp_path, cache)
    for bundle in found.values():
        text = bundle.model_dump_json()
        assert not [secret for secret in secrets(hardened.practice) if secret in text]
        assert "PRIVATE KEY-----\\n" not in text
        assert ".dcm" not in text.replace("*.dcm", "")
        assert "dossier-" not in text


def test_a_broken_host_is_seen_although_its_questions_were_remembered(hardened, tmp_path, cache):
    before, _ = collect(hardened, tmp_path / "1", cache, "--limit", "accueil")
    hardened.root_on("accueil", "nft flush ruleset")
    try:
        broken, found = collect(hardened, tmp_path / "2", cache, "--limit", "accueil")
    finally:
        hardened.pyinfra("-y", "--limit", "accueil")
    fails = Counter(verdicts(broken["accueil"]).values())["fail"]
    assert fails > Counter(verdicts(before["accueil"]).values())["fail"]
    _, outcomes = judge(found["accueil"], root=hardened.root)
    assert verdicts([o.as_json() for o in outcomes]) == verdicts(broken["accueil"])


def test_a_bundle_is_small(hardened, tmp_path, cache):
    collect(hardened, tmp_path, cache)
    assert all(path.stat().st_size < 200_000 for path in tmp_path.glob("*.bundle"))


def verdicts(outcomes) -> dict[str, str]:
    return {one["control"]: str(one["verdict"]) for one in outcomes}
