"""The plugin and the command on a toy checkout whose machines are all this computer."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

SETTINGS = '''
from typing import Annotated
from socle.baseline.settings import RoomSettings, stricter

class Toy(RoomSettings):
    """A toy."""

    seconds: Annotated[int, stricter("lower")] = 30
    """Seconds."""
'''
CONTROL = """
- id: {0}
  title: {{fr: "{0}", en: "{0}"}}
  theme: toy
  severity: low
  applies_to: [{1}]
  references: {{cnil_guide_2024: ["6.1"]}}
"""
IDS = [
    "settings",
    "waived",
    "fails",
    "asserts",
    "unknown",
    "breaks",
    "not-applicable",
    "servers",
    "fixture",
    "skipped",
    "slow",
    "outside",
]
HOSTS = """
all:
  vars: {ansible_connection: local}
  children:
    workstations: {hosts: {accueil: {}, medecin: {}}}
    servers: {hosts: {imagerie: {}}}
"""
WAIVER = """
- control: toy-waived
  hosts: [medecin]
  set: {{toy_seconds: 120}}
  reason: "Salle d'échographie"
  compensating: "Salle fermée à clé"
  approved_by: "Dr N."
  until: {until}
"""
TESTS = """
import pytest
from socle.verify import control, expect, not_applicable, note, unknown

@control("toy-settings")
def test_settings(host, settings, target, practice):
    expect(settings.toy_seconds == 30 and target.name in practice.hosts,
           seen=f"{settings.toy_seconds} s", wanted="30 s", fix="deploy again")
    assert host.run("printf %s", "a b").stdout == "a b"

@control("toy-waived")
def test_waived(settings):
    expect(True, seen=f"{settings.toy_seconds} s", wanted="some", fix="deploy again")

@control("toy-fails")
def test_fails(target):
    note("policy", host=target.name, rules=0)
    expect(False, seen="accept", wanted="drop", fix="deploy again")

@control("toy-asserts")
def test_asserts(target):
    assert target.name == "nobody", "somebody is there"

@control("toy-unknown")
def test_unknown(target):
    unknown("no nft here")

@control("toy-breaks")
def test_breaks(settings):
    settings.toy_secondes

@control("toy-not-applicable")
def test_not_applicable(target):
    not_applicable("no disk")

@control("toy-servers")
def test_servers(host):
    host.run("touch touched-$(hostname)")

@pytest.fixture(scope="module")
def table(host):
    expect(False, seen="no table", wanted="a table", fix="deploy again")

@control("toy-fixture")
def test_fixture(table):
    pass

@control("toy-skipped")
@pytest.mark.skip("later")
def test_skipped(target):
    pass

@control("toy-slow")
def test_slow(host):
    host.run("sleep 5", timeout=0.3)

@control("toy-outside")
def test_outside(from_controller):
    from_controller.tcp([("127.0.0.1", 1)])
"""


class Checkout:
    """A checkout with one room and one practice."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("roles/conftest.py", (REPOSITORY / "roles/conftest.py").read_text())
        self.write("roles/toy/settings.py", SETTINGS)
        self.controls([f"toy-{name}" for name in IDS])
        self.write("roles/toy/test_toy.py", TESTS)
        self.write("group_vars/all.yml", "---\n")
        self.write("inventories/toy/hosts.yml", HOSTS)
        self.write("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "-ra --strict-markers '
                   '--import-mode=importlib"\n')  # fmt: skip

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def controls(self, ids: list[str]) -> None:
        scopes = {"toy-servers": "servers"}
        stanzas = [CONTROL.format(name, scopes.get(name, "all")) for name in ids]
        self.write("roles/toy/controls.yml", "---" + "".join(stanzas))

    def python(self, *words: str, **environment: str) -> dict[str, Any]:
        """How to start Python in the checkout."""
        return {
            "args": [sys.executable, *words],
            "cwd": self.root,
            "env": {**os.environ, "COLUMNS": "200", **environment},
        }

    def command(self, *words: str, **environment: str) -> dict[str, Any]:
        """How to start the command, as the command line does."""
        code = (
            "import sys; from cyclopts import App; from socle.commands.verify import verify\n"
            "from socle.errors import SocleError\n"
            "app = App(); app.default(verify)\n"
            "try: app()\n"
            "except SocleError as e: print(e, file=sys.stderr); sys.exit(e.exit_code)\n"
        )
        return self.python("-c", code, *words, **environment)

    def verify(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return _run(self.command("inventories/toy", *words, **environment))

    def pytest(self, *words: str) -> subprocess.CompletedProcess[str]:
        return _run(self.python("-m", "pytest", "-p", "no:cacheprovider", *words))


def _run(how: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(**how, capture_output=True, text=True, check=False, timeout=60)


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
    assert said.stderr == ""
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
        "commands sent: accueil 3, medecin 2, imagerie 4",
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


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--control=toy-nothing"], "no control matches toy-nothing"),
        (["--limit=nowhere"], "no host or group of toy is nowhere"),
    ],
)
def test_a_word_that_fits_nothing_is_an_error(checkout, words, error):
    said = checkout.verify(*words)
    assert error in said.stderr
    assert said.returncode == 2


def test_a_bad_practice_is_an_error_with_file_and_line(checkout):
    checkout.write("inventories/toy/group_vars/all.yml", "---\ntoy_secnods: 5\n")
    for said in (checkout.verify(), checkout.pytest("roles", "--inventory=inventories/toy")):
        assert "all.yml:2" in said.stderr
        assert "Traceback" not in said.stderr
        assert said.returncode in (2, 4)


def test_the_operators_pytest_options_change_nothing(checkout):
    said = checkout.verify("--control=toy-servers", PYTEST_ADDOPTS="-k nothing")
    assert "toy: 3 verdicts" in said.stdout


def test_a_promise_without_a_check_is_unknown(checkout):
    checkout.controls([*(f"toy-{name}" for name in IDS), "toy-forgotten"])
    said = checkout.verify("--control=toy-servers", "--control=toy-forgotten")
    assert "room toy has no check for it" in said.stdout
    assert said.returncode == 3


ROOM_TEST = "from socle.verify import control\n"


@pytest.mark.parametrize(
    ("test", "error"),
    [
        ('@control("toy-fail")\ndef test_it(host): pass', "promises toy-fail: did you mean toy-fa"),
        ("def test_it(host): pass", "says no control"),
        ('@control("toy-fails")\ndef test_it(): pass', "looks at no host"),
        ('@control("toy-fails")\ndef test_it(host): pass', "toy-fails is measured more than once"),
        ("import no_such_module", "No module named 'no_such_module'"),
    ],
)
def test_a_broken_room_is_an_error(checkout, test, error):
    checkout.write("roles/toy/test_more.py", ROOM_TEST + test + "\n")
    said = checkout.verify()
    assert error in said.stderr
    assert said.returncode == 2
    plain = checkout.pytest("roles", "--inventory=inventories/toy")
    assert error in plain.stdout + plain.stderr
    assert plain.returncode in (2, 4)


def test_no_test_at_all_is_an_error(checkout):
    checkout.write("roles/toy/test_toy.py", "")
    said = checkout.verify()
    assert "no check was found" in said.stderr
    assert said.returncode == 2


def test_a_computer_without_ssh_is_an_error(checkout):
    checkout.write("inventories/toy/hosts.yml", "all: {hosts: {loin: {ansible_host: 192.0.2.1}}}")
    said = checkout.verify(PATH=str(checkout.root))
    assert "install the OpenSSH client" in said.stderr
    assert said.returncode == 2


def test_an_interrupted_run_ends_at_once_and_leaves_nothing(checkout):
    test = "    host.run('touch here; sleep 20')"
    body = f'{ROOM_TEST}@control("toy-slow")\ndef test_it(host):\n{test}\n'
    checkout.write("roles/toy/test_toy.py", body)
    command = checkout.command("inventories/toy", TMPDIR=str(checkout.root))
    with subprocess.Popen(
        **command,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # a background job, as in CI, is started deaf to SIGINT
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as running:
        deadline = time.monotonic() + 20
        while not (checkout.root / "here").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGINT)
        running.communicate(timeout=10)
    assert running.returncode != 0
    assert not list(checkout.root.glob("socle-*"))


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
