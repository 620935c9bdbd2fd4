"""The plugin and the command on a toy checkout: every ending has its verdict, and is told."""

import json

import pytest
from checkouts import IDS, WAIVER, Checkout


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def verdicts(said: str, host: str) -> dict[str, str]:
    """control -> word, from the lines of the command where there is no terminal."""
    lines = [line.split() for line in said.splitlines()]
    found = [w for w in lines if len(w) == 4 and w[2] == host and w[3].startswith("toy-")]
    return {w[3].removeprefix("toy-"): w[1] for w in found}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """One whole run of the command, with a valid waiver."""
    checkout = Checkout(tmp_path_factory.mktemp("toy"))
    checkout.write("inventories/toy/waivers.yml", WAIVER.format(until="2027-05-31"))
    said = checkout.verify("--verbose", "--junit=build/junit.xml", "--json=build/report.json")
    noted = "known_machines: new machines are noted: accueil, medecin, imagerie. Commit this file\n"
    assert said.stderr == f"inventories/toy/{noted}"
    return checkout, said


def test_every_ending_has_its_verdict(report):
    assert verdicts(report[1].stdout, "medecin") == {
        "settings": "FAIL",  # the waiver's 120 s are what is deployed
        "waived": "waived",
        "fails": "FAIL",
        "asserts": "FAIL",
        "unknown": "unknown",
        "breaks": "unknown",
        "not-applicable": "n/a",
        "servers": "n/a",
        "fixture": "FAIL",
        "skipped": "unknown",
        "slow": "unknown",
        "outside": "unknown",
    }
    assert verdicts(report[1].stdout, "imagerie")["servers"] == "pass"
    assert verdicts(report[1].stdout, "accueil")["settings"] == "pass"
    assert report[1].returncode == 1


@pytest.mark.parametrize(
    "words",
    [
        "seen: accept\n  wanted: drop\n  fix: deploy again",
        "somebody is there",
        "no nft here",
        "AttributeError: medecin has no setting toy_secondes: did you mean toy_seconds?",
        "toy-servers applies to servers; accueil is none of these",
        "Skipped: later",
        "took longer than 0.3 s and was ended: sleep 5",
        "imagerie is this very computer",
        "waived until 2027-05-31 by Dr N.: Salle d'échographie",
        "measured: pass\n  120 s",
        "toy: 36 verdicts on 3 hosts in",
        "commands sent: accueil 3, medecin 3, imagerie 4",
    ],
)
def test_the_report_says_why(report, words):
    assert words in report[1].stdout


def test_what_is_no_terminal_gets_no_escape_codes(report):
    assert "\x1b" not in report[1].stdout


def test_hosts_out_of_scope_are_not_asked(report):
    assert len(list(report[0].root.glob("touched-*"))) == 1


def test_files_are_written(report):
    junit = (report[0].root / "build/junit.xml").read_text()
    assert 'name="verdict" value="waived"' in junit
    assert '"verdict": "not-applicable"' in (report[0].root / "build/report.json").read_text()


@pytest.mark.parametrize("way", ["verify", "pytest"])
def test_junit_is_its_owners_alone_and_follows_no_link(checkout, way):
    checkout.write("other", "of somebody else")
    file = checkout.root / "junit.xml"
    file.symlink_to("other")
    if way == "verify":
        checkout.verify("--control=toy-servers", "--junit=junit.xml")
    else:
        words = ("--inventory=inventories/toy", "--control=toy-servers", "--junitxml=junit.xml")
        checkout.pytest("roles", *words)
    assert 'value="pass"' in file.read_text()
    assert not file.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (checkout.root / "other").read_text() == "of somebody else"


def test_what_a_check_notes_stands_beside_its_verdict_whatever_that_is(report):
    document = json.loads((report[0].root / "build/report.json").read_text())
    facts = {
        host["name"]: [fact for entry in host["verdicts"] for fact in entry["facts"]]
        for host in document["hosts"]
    }
    assert facts["medecin"] == [{"kind": "policy", "host": "medecin", "rules": 0}]
    assert len(facts) == 3


def test_an_expired_waiver_fails_with_its_date(checkout):
    checkout.write("inventories/toy/waivers.yml", WAIVER.format(until="2026-01-31"))
    said = checkout.verify("--limit=medecin", "--control=toy-waived")
    assert "waiver expired on 2026-01-31" in said.stdout
    assert "measured: pass" in said.stdout
    assert said.returncode == 1


@pytest.mark.parametrize(
    ("words", "code", "count"),
    [
        (["--control=toy-servers"], 0, 3),
        (["--control=toy-servers", "--limit=acc*"], 0, 1),
        (["--control=toy-unknown", "--limit=servers"], 3, 1),
        (["--control=toy-un*", "--control=toy-s?rvers", "--limit=workstations"], 3, 4),
    ],
)
def test_a_part_can_be_verified(checkout, words, code, count):
    said = checkout.verify(*words)
    assert f"toy: {count} verdict" in said.stdout
    assert said.returncode == code


def test_the_operators_pytest_options_change_nothing(checkout):
    said = checkout.verify("--control=toy-servers", PYTEST_ADDOPTS="-k nothing")
    assert "toy: 3 verdicts" in said.stdout


def test_a_promise_without_a_check_is_unknown(checkout):
    checkout.controls([*(f"toy-{name}" for name in IDS), "toy-forgotten"])
    said = checkout.verify("--control=toy-servers", "--control=toy-forgotten")
    assert "room toy has no check for it" in said.stdout
    assert said.returncode == 3


def test_plain_pytest_shows_the_verdicts(checkout):
    checkout.write("inventories/toy/waivers.yml", WAIVER.format(until="2027-05-31"))
    said = checkout.pytest("roles", "--inventory=inventories/toy", "--limit=medecin", "-v")
    for line in (
        "test_waived[medecin] WAIVED",
        "test_fails[medecin] FAIL",
        "test_unknown[medecin] UNKNOWN",
        "test_not_applicable[medecin] NOT APPLICABLE",
        "unknown: no nft here",
        "seen: accept",
        "waived until 2027-05-31 by Dr N.",
        "1 waived",
    ):
        assert line in said.stdout
    assert said.returncode == 1


def test_plain_pytest_without_a_practice_is_refused(checkout):
    said = checkout.pytest("roles")
    assert "pytest roles --inventory inventories/PRACTICE" in said.stderr
    assert said.returncode == 4


def test_collecting_asks_no_host(checkout):
    said = checkout.pytest("roles", "--inventory=inventories/toy", "--collect-only", "-q")
    assert "test_servers[imagerie]" in said.stdout
    assert said.returncode == 0
