"""What was collected judges as it did live: on a toy room, and with every real one here."""

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import yaml

from socle.baseline import load
from socle.baseline.copies import repositories_of
from socle.baseline.export import secret_names
from socle.errors import SocleError
from socle.evidence import bundle as files
from socle.evidence.model import Baseline, Software
from socle.evidence.redaction import MASK
from socle.verify import Verdict
from socle.verify.collect import Run, bundles, redactor
from socle.verify.connections import Connections
from socle.verify.recorder import Recorder
from socle.verify.replay import judge
from socle.verify.run import verify

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
  vars: {ansible_connection: local, socle_addresses: [127.0.0.1]}
  children:
    workstations: {hosts: {accueil: {}}}
    servers: {hosts: {serveur: {}}}
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

    def run(practice, **how):
        notebook = Recorder()
        links = {}
        started = datetime.now().astimezone()

        class Listener:
            begin = check = outcome = staticmethod(lambda *_, **__: None)
            end = staticmethod(links.update)

        outcomes = verify(
            practice,
            connect=partial(Connections, notebook=notebook),
            moment=started,
            progress=Listener(),
            **how,
        )
        run = Run(
            practice,
            started,
            datetime.now().astimezone(),
            notebook.entries,
            outcomes,
            links,
            Software(socle="0"),
            Baseline(digest="0"),
        )
        written = [files.write(bundle, tmp_path / "evidence") for bundle in bundles(run)]
        return outcomes, {bundle.host.name: bundle for bundle in map(files.read, written)}

    return run


@pytest.fixture
def toy_vault(monkeypatch, tmp_path):
    """Writes a file as `ansible-vault create` does."""

    def write(path, text):
        password = tmp_path / "vault-password"
        password.touch(mode=0o600)
        password.write_text("correct horse")
        monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(password))
        path.write_text(text)
        vault = Path(sys.executable).parent / "ansible-vault"
        subprocess.run([vault, "encrypt", path], check=True, capture_output=True)

    return write


@pytest.fixture
def toy(checkout):
    practice = load(checkout / "inventories/toy")
    hosts = {
        name: replace(host, settings={**host.settings, "toy_password": TOKEN, "toy_public": 21})
        for name, host in practice.hosts.items()
    }
    return replace(practice, hosts=hosts)


def said(outcomes, masks=None):
    """Control -> what it came to, without how long it took."""
    mask = masks.text if masks else str
    return {o.control: (o.verdict, mask(o.detail), o.measured, o.unreachable) for o in outcomes}


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


def test_a_baseline_that_is_none_is_an_error(toy, collect, checkout, tmp_path):
    _, found = collect(toy, limit=["accueil"], controls=["toy-fails"])
    with pytest.raises(SocleError, match="expected a baseline, a folder with group_vars/"):
        judge(found["accueil"], baseline=tmp_path / "nowhere", root=checkout)


def test_a_host_that_could_not_be_asked_stays_so(checkout, collect):
    hosts = checkout / "inventories/toy/hosts.yml"
    hosts.write_text(
        HOSTS.replace("accueil: {}", "accueil: {ansible_connection: ssh, ansible_port: 1}")
        .replace("socle_addresses", "ansible_host: 127.0.0.1, socle_addresses")
    )  # fmt: skip
    live, found = collect(load(checkout / "inventories/toy"), limit=["accueil"])
    assert all(outcome.unreachable for outcome in live)
    assert said(judge(found["accueil"], root=checkout)[1]) == said(live)


def test_every_real_room_judges_a_bundle_of_this_computer_as_it_did_live(collect):
    practice = load(CHECKOUT / "inventories/local")
    live, found = collect(practice)
    _, again = judge(found["localhost"])
    assert said(again) == said(live, redactor(practice))
    assert len(again) == len(practice.controls)


def test_every_real_room_judges_it_against_the_same_baseline_as_it_did_live(collect):
    practice = load(CHECKOUT / "inventories/local")
    live, found = collect(practice)
    _, again = judge(found["localhost"], baseline=CHECKOUT)
    assert said(again) == said(live, redactor(practice))


def test_rooms_say_what_cannot_be_computed_without_secrets(toy_vault, tmp_path):
    """The same practice with and without its vault: these values differ, and no others."""
    folder = tmp_path / "inventories/demo"
    shutil.copytree(CHECKOUT / "inventories/demo", folder)
    for made in ("secrets.yml", "vault-password", "known_hosts"):
        (folder / made).unlink(missing_ok=True)
    without = load(folder, root=CHECKOUT)
    passwords = {
        host.name: {one.name: f"{host.name}-{one.name}".ljust(24, "x") for one in found}
        for host in without.hosts.values()
        if (found := repositories_of(host))
    }
    secrets = {host: {"backup_passwords": found} for host, found in passwords.items()}
    for host in without.groups["imaging_servers"]:
        secrets[host]["imaging_passwords"] = {"socle": "x" * 24}
    toy_vault(folder / "secrets.yml", yaml.safe_dump(secrets))
    complete = load(folder, root=CHECKOUT)
    hidden = secret_names(complete)
    differ = {
        name
        for host in complete.hosts.values()
        for name, value in host.settings.items()
        if name not in hidden and value != without.hosts[host.name].settings[name]
    }
    assert differ == {
        room.prefix + name for room in complete.rooms for name in room.settings.derived_from_secrets
    }
    assert differ


def socle(*words):
    program = Path(sys.executable).parent / "socle"
    return subprocess.run([program, *words], capture_output=True, text=True, check=False)


def test_the_command_judges_and_says_what_changed(collect, tmp_path):
    collect(load(CHECKOUT / "inventories/local"), controls=["listeners-allowlist"])
    (path,) = (tmp_path / "evidence").glob("*.bundle")
    done = socle("evidence", "judge", path)
    assert "listeners-allowlist: fail then" not in done.stdout
    assert "localhost  screen-lock-gnome: not judged then, unknown now" in done.stdout
    assert done.returncode == 1
    assert done.stderr == ""


def test_the_command_refuses_what_is_no_bundle(tmp_path):
    (tmp_path / "x").write_text("{}")
    done = socle("evidence", "judge", tmp_path / "x")
    assert done.returncode == 2
    assert done.stderr.startswith(f"{tmp_path}/x: expected a bundle of evidence")
    assert socle("evidence", "judge").returncode == 2


def test_verify_writes_a_bundle_for_each_host(tmp_path):
    words = ["inventories/local", "--control=listeners-allowlist", "--evidence", tmp_path / "proof"]
    done = socle("verify", *words)
    (path,) = (tmp_path / "proof").iterdir()
    assert f"evidence: {path}" in done.stdout
    bundle = files.read(path)
    assert bundle.baseline.digest
    assert [one.control for one in bundle.verdicts] == ["listeners-allowlist"]
