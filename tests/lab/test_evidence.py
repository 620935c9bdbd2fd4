"""Asking ahead and judging again, over real OpenSSH servers and with every room."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest
import regions

from socle.evidence.bundle import read
from socle.region.model import Source
from socle.report import promises
from socle.verify import Verdict
from socle.verify.collect import redactor, secrets
from socle.verify.replay import judge

pytestmark = pytest.mark.lab

MOST = 4  # SSH executions on one host, all controls
WIFI, PATIENT = "clef-du-wifi-7391-cabinet", "DUPONT-Jean-19620412"
PLANT = f"""
umask 077
install -d /etc/NetworkManager/system-connections /srv/images /home/dossiers
printf '[wifi-security]\\nkey-mgmt=wpa-psk\\npsk=%s\\n' {WIFI} \\
    > /etc/NetworkManager/system-connections/canary.nmconnection
touch /srv/images/{PATIENT}.dcm /home/dossiers/{PATIENT}.pdf
systemd-run --quiet --unit=watched sh -c 'while sleep 0.05; do ps auxeww; done > /run/watched'
"""
UPROOT = f"""
systemctl stop watched.service
rm -f /run/watched /etc/NetworkManager/system-connections/canary.nmconnection
rm -f /srv/images/{PATIENT}.dcm /home/dossiers/{PATIENT}.pdf
rmdir --ignore-fail-on-non-empty /home/dossiers /srv/images /etc/NetworkManager/system-connections
"""


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


@pytest.fixture(scope="module")
def collected(cabinet, tmp_path_factory, cache):
    """What one verification of every host wrote: its folder, the verdicts, the bundles."""
    cabinet.harden()
    folder = tmp_path_factory.mktemp("collected")
    return folder, *collect(cabinet, folder, cache)


def executions(cabinet, host, command) -> int:
    """How often somebody became root there by sudo while ``command`` ran."""
    count = "journalctl --boot _COMM=sudo | grep -c 'session opened' || :"
    before = int(cabinet.read_on(host, count))
    command()
    return int(cabinet.read_on(host, count)) - before


def test_the_second_verification_of_a_host_sends_four_commands(cabinet, collected, tmp_path, cache):
    _, first, _ = collected
    for host in ("accueil", "imagerie"):
        again = {}
        sent = executions(
            cabinet,
            host,
            lambda h=host, a=again: a.update(
                collect(cabinet, tmp_path / h, cache, "--limit", h)[0]
            ),
        )
        assert sent <= MOST
        assert verdicts(again[host]) == verdicts(first[host])


def test_what_every_host_answered_judges_as_it_did_live(cabinet, collected):
    _, live, found = collected
    assert set(found) == set(live)
    masks = redactor(cabinet.practice)
    for name, bundle in found.items():
        _, outcomes = judge(bundle, root=cabinet.root)
        again = {o.control: (str(o.verdict), o.grounds) for o in outcomes}
        assert again == {
            o["control"]: (o["verdict"], promises.grounds(o).each(masks.text)) for o in live[name]
        }
        assert not [one for one in outcomes if "has no answer" in one.detail]
    assert Verdict.PASS in {one.verdict for one in found["accueil"].verdicts}


def test_the_same_baseline_resolved_again_gives_the_same_verdicts(cabinet, collected):
    _, live, found = collected
    for name, bundle in found.items():
        _, outcomes = judge(bundle, baseline=cabinet.root, root=cabinet.root)
        assert verdicts([o.as_json() for o in outcomes]) == verdicts(live[name])


def test_a_region_judges_real_machines_again_as_they_say(cabinet, collected, tmp_path):
    folder, _, found = collected
    how = {"root": cabinet.root, "judging": "all", "now": datetime.now(UTC)}
    machines, _, survey = regions.survey(folder, tmp_path, **how)
    assert {one.head.host for one in machines} == set(found)
    assert {one.source for one in machines} == {Source.AGAIN}
    assert survey.differing == survey.refused == []
    for one in machines:
        given = {said.control: said.verdict for said in found[one.head.host].verdicts}
        assert one.verdicts == given


def test_a_bundle_is_small(collected):
    folder, *_ = collected
    assert all(path.stat().st_size < 200_000 for path in folder.glob("*.bundle"))


@pytest.fixture
def planted(hardened):
    """On every machine a Wi-Fi key and a patient's files; the process list is watched."""
    hosts = list(hardened.practice.hosts)
    for host in hosts:
        hardened.root_on(host, PLANT)
    yield hardened
    for host in hosts:
        hardened.root_on(host, UPROOT)


def test_no_secret_and_no_patient_shows_anywhere(planted, tmp_path, cache):
    pages = [tmp_path / f"report.{kind}" for kind in ("html", "sarif", "oscal")]
    words = [word for page in pages for word in (f"--{page.suffix[1:]}", page)]
    said = collect(planted, tmp_path, cache, *words)
    texts = {page.name: page.read_text() for page in (*pages, tmp_path / "report.json")}
    texts |= {name: bundle.model_dump_json() for name, bundle in said[1].items()}
    for host in said[0]:
        texts[f"{host}, processes"] = planted.root_on(host, "cat /run/watched")
        texts[f"{host}, journal"] = planted.root_on(host, "journalctl --boot --no-pager")
    assert "sshd" in texts["imagerie, processes"]
    lines = {line for secret in secrets(planted.practice) for line in secret.splitlines()}
    canaries = {WIFI, PATIENT, *(line for line in lines if not line.startswith("-----"))}
    shown = [(place, c[:4]) for place, text in texts.items() for c in canaries if c in text]
    assert not shown


def test_a_broken_host_is_seen_although_its_questions_were_remembered(
    cabinet, collected, tmp_path, cache
):
    _, before, _ = collected
    cabinet.root_on("accueil", "nft flush ruleset")
    try:
        broken, found = collect(cabinet, tmp_path, cache, "--limit", "accueil")
    finally:
        cabinet.pyinfra("-y", "--limit", "accueil")
    fails = Counter(verdicts(broken["accueil"]).values())["fail"]
    assert fails > Counter(verdicts(before["accueil"]).values())["fail"]
    _, outcomes = judge(found["accueil"], root=cabinet.root)
    assert verdicts([o.as_json() for o in outcomes]) == verdicts(broken["accueil"])


def verdicts(outcomes) -> dict[str, str]:
    return {one["control"]: str(one["verdict"]) for one in outcomes}
