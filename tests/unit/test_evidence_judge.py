"""What was collected judges as it did live: on a toy room."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from collected import collected, said

from socle.baseline import load
from socle.errors import BadPractice, SocleError
from socle.evidence.redaction import MASK
from socle.verify import Verdict
from socle.verify.collect import redactor
from socle.verify.replay import judge

CHECKOUT = Path(__file__).resolve().parents[2]
TOKEN = "correct-horse-battery"

TOY = '''
from typing import Annotated, ClassVar
from socle.baseline.settings import RoomSettings, neutral, secret, stricter

class Toy(RoomSettings):
    """A toy."""

    derived_from_secrets: ClassVar[tuple[str, ...]] = ("public",)
    seconds: Annotated[int, stricter("lower")] = 30
    password: Annotated[str | None, secret(), neutral()] = None

    def derive(self, host, practice):
        return {"public": len(self.password or ""), "double": 2 * self.seconds}
'''
IDS = ("twice", "now", "other", "look", "fails", "slow", "computed", "shared", "raw", "kept")
CONTROLS = "".join(
    f"""
- id: toy-{name}
  title: {{fr: "{name}", en: "{name}"}}
  theme: toy
  severity: low
  applies_to: [workstations]
  references: {{cnil_guide_2024: ["6.1"]}}
"""
    for name in IDS
)
TESTS = f"""
import time

import pytest
from socle.verify import clock, control, expect, unknown

def seen(what, ok=True):
    expect(ok, seen=str(what), wanted="all right", fix="deploy again")

@pytest.fixture(scope="module")
def shared(host):
    return host.run("date +%s%N").stdout

@control("toy-twice")
def test_twice(host, shared):
    seen([host.run("date +%s%N").stdout for _ in range(2)] + [shared])

@control("toy-now")
def test_now(host):
    seen(clock.now().isoformat())

@control("toy-other")
def test_other(from_host, host):
    seen(from_host("serveur").host.run("echo $PPID; date +%N").stdout)

@control("toy-look")
def test_look(host, from_host, target):
    host.run("true")
    from_host("serveur").tcp([("127.0.0.1", 1)])

@control("toy-fails")
def test_fails(host):
    said = host.run("echo '{TOKEN[:9]}''{TOKEN[9:]}'; echo password=hunter22")
    seen(said.stdout, ok=False)

@control("toy-slow")
def test_slow(host):
    host.run("sleep 3", timeout=0.2)

@control("toy-computed")
def test_computed(settings, target, host):
    seen((settings.toy_seconds, settings.toy_double, settings.toy_public, target.addresses))

@control("toy-shared")
def test_shared(shared):
    seen(shared)

@control("toy-raw")
def test_raw(host):
    seen(host.run("printf '\\\\377\\\\000'; exit 3").stdout_bytes)

@control("toy-kept")
def test_kept(from_controller):
    seen(from_controller.kept("moment", lambda: str(time.time_ns())))
"""
HOSTS = """
all:
  vars: {ansible_connection: local}
  children:
    workstations: {hosts: {accueil: {socle_addresses: [127.0.0.1]}}}
    servers: {hosts: {serveur: {socle_addresses: [127.0.0.2]}}}
"""
WAIVER = """
- control: toy-now
  hosts: [accueil]
  set: {{toy_seconds: 120}}
  reason: "{token} https://a:b2345678@c.example"
  compensating: "Salle fermée"
  approved_by: "Dr N."
  until: {until}
"""


def forget():
    """The toy's checks, which Python keeps loaded from one session to the next."""
    for name in [name for name in sys.modules if name.startswith("roles.toy")]:
        del sys.modules[name]


@pytest.fixture
def checkout(tmp_path):
    forget()
    root = tmp_path / "checkout"
    for name, text in {
        "roles/conftest.py": (CHECKOUT / "roles/conftest.py").read_text(),
        "roles/toy/settings.py": TOY,
        "roles/toy/controls.yml": "---" + CONTROLS,
        "roles/toy/test_toy.py": TESTS,
        "group_vars/all.yml": "---\n",
        "inventories/toy/hosts.yml": HOSTS,
        "inventories/toy/waivers.yml": WAIVER.format(
            until=datetime.now().date() + timedelta(days=9), token=TOKEN
        ),
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def collect(tmp_path):
    """Verify live and write the bundles; the outcomes and each host's bundle, read again."""
    return partial(collected, folder=tmp_path / "evidence")


@pytest.fixture
def toy(checkout):
    practice = load(checkout / "inventories/toy", root=checkout)
    hosts = {
        name: replace(host, settings={**host.settings, "toy_password": TOKEN, "toy_public": 21})
        for name, host in practice.hosts.items()
    }
    return replace(practice, hosts=hosts)


def test_live_and_replayed_verdicts_are_identical(toy, collect, checkout):
    live, found = collect(toy, limit=["accueil"])
    _, again = judge(found["accueil"], root=checkout)
    assert said(again) == said(live, redactor(toy))
    assert {o.verdict for o in live} == {
        Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.WAIVED
    }  # fmt: skip


def test_no_secret_reaches_a_bundle(toy, collect, tmp_path):
    _, found = collect(toy, limit=["accueil"])
    text = found["accueil"].model_dump_json()
    for secret in (TOKEN, "hunter22", "b2345678", "toy_password"):
        assert secret not in text
    assert MASK in text
    assert found["accueil"].redacted


def test_a_bundle_tells_which_machine_it_was(toy, collect):
    _, found = collect(toy, limit=["accueil"])
    host = found["accueil"].host
    assert host.os_name
    assert Path("/etc/machine-id").read_text().strip() not in found["accueil"].model_dump_json()


def test_dates_are_judged_by_the_day_of_the_bundle(toy, collect, checkout):
    _, found = collect(toy, limit=["accueil"])
    later = found["accueil"].model_copy(update={"collected": datetime(2031, 1, 1, tzinfo=UTC)})
    _, outcomes = judge(later, root=checkout)
    (waived,) = (o for o in outcomes if o.control == "toy-now")
    assert "waiver expired" in waived.detail
    assert "2031-01-01T00:00:00+00:00" in waived.detail


def test_what_a_bundle_does_not_answer_is_unknown(toy, collect, checkout):
    _, found = collect(toy, limit=["accueil"], controls=["toy-fails", "toy-shared"])
    _, outcomes = judge(found["accueil"], root=checkout)
    by_control = {o.control: o for o in outcomes}
    assert by_control["toy-fails"].verdict is Verdict.FAIL
    assert by_control["toy-shared"].verdict is Verdict.PASS
    assert by_control["toy-raw"].verdict is Verdict.UNKNOWN
    assert by_control["toy-raw"].detail.startswith("the bundle has no answer to: printf")
    assert "has no further answer to: date" in by_control["toy-twice"].detail


def test_newer_checks_judge_the_answers_of_then(toy, collect, checkout):
    _, found = collect(toy, limit=["accueil"])
    test = checkout / "roles/toy/test_toy.py"
    test.write_text(test.read_text().replace("ok=False", "ok=True"))
    forget()
    _, outcomes = judge(found["accueil"], root=checkout)
    assert {o.control: o.verdict for o in outcomes}["toy-fails"] is Verdict.PASS


def test_another_baseline_gives_other_settings_but_what_follows_from_secrets(
    toy, collect, checkout, tmp_path
):
    _, found = collect(toy, limit=["accueil"])
    (tmp_path / "newer/group_vars").mkdir(parents=True)
    (tmp_path / "newer/group_vars/all.yml").write_text("toy_seconds: 7\n")
    bundle = found["accueil"].model_copy(update={"practice": without_waivers(found["accueil"])})
    practice, outcomes = judge(bundle, baseline=tmp_path / "newer", root=checkout)
    assert {o.control: o.detail for o in outcomes}["toy-computed"] == "(7, 14, 21, ('127.0.0.1',))"
    assert practice.hosts["accueil"].settings["toy_seconds"] == 7


def without_waivers(bundle):
    kept = {k: v for k, v in bundle.practice.files.items() if k != "waivers.yml"}
    return bundle.practice.model_copy(update={"files": kept})


def test_files_of_the_bundle_that_do_not_fit_another_baseline(toy, collect, checkout, tmp_path):
    _, found = collect(toy, limit=["accueil"], controls=["toy-fails"])
    (tmp_path / "newer/group_vars").mkdir(parents=True)
    (tmp_path / "newer/group_vars/all.yml").write_text("toy_seconds: 7\n")
    (tmp_path / "newer/roles/toy").mkdir(parents=True)
    (tmp_path / "newer/roles/toy/settings.py").write_text("raise SystemExit('its code was run')")
    practice = without_waivers(found["accueil"])
    files = {**practice.files, "host_vars/accueil.yml": "toy_seconds: 8\n"}
    practice = practice.model_copy(update={"files": files})
    bundle = found["accueil"].model_copy(update={"practice": practice})
    with pytest.raises(BadPractice) as caught:
        judge(bundle, baseline=tmp_path / "newer", root=checkout)
    (problem,) = caught.value.problems
    line = "inventories/toy/host_vars/accueil.yml:1: toy_seconds: expected 7 or less (region all)"
    assert str(problem).startswith(line)


def test_a_baseline_that_is_none_is_an_error(toy, collect, checkout, tmp_path):
    _, found = collect(toy, limit=["accueil"], controls=["toy-fails"])
    with pytest.raises(SocleError, match="expected a baseline, a folder with group_vars/"):
        judge(found["accueil"], baseline=tmp_path / "nowhere", root=checkout)


def test_a_host_that_could_not_be_asked_stays_so(checkout, collect):
    hosts = checkout / "inventories/toy/hosts.yml"
    hosts.write_text(
        HOSTS.replace(
            "accueil: {", "accueil: {ansible_connection: ssh, ansible_host: 127.0.0.1, "
            "ansible_port: 1, ",
        )
    )  # fmt: skip
    practice = load(checkout / "inventories/toy", root=checkout)
    live, found = collect(practice, limit=["accueil"])
    assert all(outcome.unreachable for outcome in live)
    assert said(judge(found["accueil"], root=checkout)[1]) == said(live, redactor(practice))
