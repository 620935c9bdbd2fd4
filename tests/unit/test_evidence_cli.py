"""`socle evidence` and `socle history` as an operator uses them."""

import gzip
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from documents import outcome
from evidence_tools import Authority, bundle_of_desk, key, signer

from socle.baseline import evidence
from socle.commands import keeping
from socle.evidence import bundle, signature
from socle.evidence.model import Machine, Practice
from socle.verify.questions import Answer, Question
from socle.verify.recorder import Entry

SOCLE = Path(sys.executable).parent / "socle"
PRACTICE = "--practice=inventories/p"
pytestmark = pytest.mark.filterwarnings("ignore:Cyclopts application invoked without tokens")


@pytest.fixture
def process(toy: Any, own_places):
    """The same in a process of its own: `socle verify` runs pytest."""

    def call(*words: object, code: int = 0) -> str:
        done = subprocess.run(
            [SOCLE, *map(str, words)],
            cwd=toy.root,
            env={**os.environ, "COLUMNS": "160"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    return call


@pytest.fixture
def report(toy: Any) -> Path:
    return toy.write("/out/report.json", "{}\n")


def made(socle) -> None:
    socle("evidence", "keygen", "inventories/p", "--principal=it@exemple.fr", "--no-passphrase")


def test_a_key_signs_and_the_signature_is_verified(toy, socle, report: Path) -> None:
    made(socle)
    private = evidence.read(toy.folder).signing_key
    assert private.stat().st_mode & 0o777 == 0o600
    assert not private.is_relative_to(toy.root)
    assert "PRIVATE" not in (toy.folder / "allowed_signers").read_text()
    socle("evidence", "sign", report, PRACTICE)
    said = socle("evidence", "verify", report.parent, PRACTICE)
    assert f"signed by practice:{toy.id}/it@exemple.fr" in said
    assert "as the signer claims" in said
    report.write_text("{ }\n")
    assert "altered" in socle("evidence", "verify", report.parent, PRACTICE, code=1)
    toy.load()  # nothing of this disturbs the practice


def test_keys_are_not_made_twice_nor_inside_the_checkout(toy, socle) -> None:
    made(socle)
    keygen = ("evidence", "keygen", "inventories/p", "--no-passphrase")
    signers = toy.folder / "allowed_signers"
    once = signers.read_text()
    assert "it was there already" in socle(*keygen)
    assert signers.read_text() == once
    signers.unlink()
    assert "it was there already" in socle(*keygen)  # another checkout of the same practice
    assert "such as an e-mail" in socle(*keygen, "--principal=a b", code=2)
    toy.write("evidence.yml", "signing_key: key\n")
    assert "shared with git" in socle(*keygen, code=2)


def test_keys_are_not_made_in_a_practice_of_its_own(toy, socle, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("cabinet")
    (elsewhere / "hosts.yml").write_text((toy.folder / "hosts.yml").read_text())
    (elsewhere / "evidence.yml").write_text("signing_key: key\n")
    assert "shared with git" in socle("evidence", "keygen", elsewhere, "--no-passphrase", code=2)
    assert not (elsewhere / "key").exists()


def test_words_that_are_missing_are_asked_for(socle, report: Path) -> None:
    assert "whose signature" in socle("evidence", "sign", report, code=2)
    assert "whom to believe" in socle("evidence", "verify", report, code=2)
    assert "expected files" in socle("evidence", "sign", code=2)
    assert "no such file" not in socle("evidence", "verify", report, PRACTICE, code=2)
    made(socle)
    assert "no such file" in socle("evidence", "verify", "nothing.pdf", PRACTICE, code=2)
    assert "no report.json.manifest" in socle("evidence", "verify", report, PRACTICE, code=1)


def test_a_practice_has_its_authority(toy, socle, report: Path, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tsa")
    made(socle)
    with authority.serving() as url:
        settings = f"timestamp: {{url: '{url}', certificates: {authority.root}, required: false}}\n"
        toy.write("evidence.yml", settings)
        assert "stamped at" in socle("evidence", "sign", report, PRACTICE)
        assert "by Horloge d'essai" in socle("evidence", "verify", report, PRACTICE)
    said = socle("evidence", "sign", report, PRACTICE)
    assert "signed, but not time stamped" in said
    assert "as the signer claims" in socle("evidence", "verify", report, PRACTICE)
    toy.write("evidence.yml", settings.replace("false", "true"))
    assert "gave no answer" in socle("evidence", "sign", report, PRACTICE, code=2)
    assert "good" in socle("evidence", "verify", report, PRACTICE)


def test_revoked_signers_of_a_practice_count(toy, socle, report: Path, tmp_path: Path) -> None:
    made(socle)
    socle("evidence", "sign", report, PRACTICE)
    public = evidence.read(toy.folder).signing_key
    toy.write("revoked_signers", public.with_name(f"{public.name}.pub").read_text())
    assert "key revoked" in socle("evidence", "verify", report, PRACTICE, code=1)


def test_another_key_signs(socle, report: Path, tmp_path: Path) -> None:
    made(socle)
    socle("evidence", "sign", report, f"--key={key(tmp_path, 'stranger')}")
    assert "unknown signer" in socle("evidence", "verify", report, PRACTICE, code=1)


def test_mistakes_in_the_settings_are_named(toy) -> None:
    toy.write(
        "evidence.yml",
        """
        signing_keys: x
        timestamp: {url: "ftp://x", certificates: ca.pem}
        history: {keep_days: 1}
        """,
    )
    assert toy.problems() == [
        "evidence.yml:1: signing_keys: expected a known key; did you mean signing_key?",
        'evidence.yml:2: timestamp.url: expected text like ^https?://, read "ftp://x"',
        "evidence.yml:3: history.keep_days: expected a whole number from 7 to 3660, read 1",
    ]


def test_no_key_without_passphrase_is_made_in_silence(toy, process, monkeypatch, tmp_path) -> None:
    keygen = ("evidence", "keygen", "inventories/p")
    assert "nobody can be asked for a passphrase here" in process(*keygen, code=2)
    assert not evidence.read(toy.folder).signing_key.exists()
    asking = tmp_path / "ask"
    monkeypatch.setenv("SSH_ASKPASS", str(asking))
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    for phrase, code in (("", 2), ("correct horse", 0)):
        asking.write_text(f"#!/bin/sh\necho '{phrase}'\n")
        asking.chmod(0o755)
        process(*keygen, code=code)
        assert evidence.read(toy.folder).signing_key.exists() is bool(phrase)
    words = ["ssh-keygen", "-y", "-P", "", "-f", evidence.read(toy.folder).signing_key]
    assert subprocess.run(words, capture_output=True, check=False).returncode != 0


def test_a_file_that_cannot_be_looked_at_does_not_stop_the_others(socle, report: Path) -> None:
    made(socle)
    socle("evidence", "sign", report, PRACTICE)
    os.mkfifo(report.with_name("pipe.json"))
    said = socle("evidence", "verify", report.parent, PRACTICE, code=2)
    assert "good: " in said
    assert "pipe.json: expected evidence to verify" in said


def test_an_authority_that_is_none_is_said(socle, report: Path, tmp_path: Path) -> None:
    made(socle)
    socle("evidence", "sign", report, PRACTICE)
    verify = ("evidence", "verify", report, PRACTICE)
    (tmp_path / "empty.pem").touch()
    for name in ("nowhere.pem", "empty.pem"):
        said = socle(*verify, f"--authorities={tmp_path / name}", code=2)
        assert "expected the root certificate of an authority" in said


MARTIN, LOPEZ = "0123456789abcdef", "fedcba9876543210"


def written(folder: Path, host: str = "desk", of: str | None = MARTIN, name: str = "p") -> Path:
    """A bundle without answers, of a machine of a practice."""
    whole = bundle_of_desk()
    practice = {**whole.practice.model_dump(), "name": name, "id": of}
    practice["hosts"] = {host: practice["hosts"]["desk"]}
    changed = {
        "practice": Practice(**practice),
        "host": Machine(name=host),
        "answers": (),
        "verdicts": (),
    }
    return bundle.write(whole.model_copy(update=changed), folder)


@pytest.mark.parametrize(
    ("principal", "host", "of", "code"),
    [
        (f"practice:{MARTIN}/it", "desk", MARTIN, 0),
        (f"it@exemple.fr,practice:{MARTIN}/it", "desk", MARTIN, 0),
        (f"practice:{MARTIN}/it", "desk", LOPEZ, 1),
        (f"practice:{MARTIN}/it", "desk", None, 1),
        (f"machine:{MARTIN}/desk", "desk", MARTIN, 0),
        (f"machine:{MARTIN}/desk", "store", MARTIN, 1),
        (f"machine:{MARTIN}/desk", "desk", LOPEZ, 1),
    ],
)
def test_a_key_vouches_for_its_own_practice_or_machine(  # noqa: PLR0917 - a table
    socle, tmp_path: Path, principal: str, host: str, of: str | None, code: int
) -> None:
    mine, signers = key(tmp_path, "mine"), tmp_path / "signers"
    signers.write_text(signer(principal, mine))
    path = written(tmp_path / "evidence", host, of)
    signature.sign(path, mine)
    said = socle("evidence", "verify", path, f"--allowed-signers={signers}", code=code)
    assert ("does not vouch for" in said) is bool(code)
    assert ("not its own" in said) is bool(code)


def test_a_machines_key_signs_no_report(socle, report: Path, tmp_path: Path) -> None:
    mine, signers = key(tmp_path, "mine"), tmp_path / "signers"
    signers.write_text(signer(f"machine:{MARTIN}/desk", mine))
    signature.sign(report, mine)
    said = socle("evidence", "verify", report, f"--allowed-signers={signers}", code=1)
    assert "a machine vouches for its own bundles only" in said
    signers.write_text(signer(f"practice:{MARTIN}/it", mine))
    socle("evidence", "verify", report, f"--allowed-signers={signers}")


def test_a_practices_signers_vouch_for_no_other(toy, socle, tmp_path: Path) -> None:
    """Names of older versions, without an id: a person, and HOST@PRACTICE."""
    toy.write("practice.yml", f'id: "{MARTIN}"\n')
    person, desk = key(tmp_path, "person"), key(tmp_path, "desk")
    toy.write("allowed_signers", signer("it@exemple.fr", person) + signer("desk@p", desk))
    for mine, host, of, name, code in (
        (person, "desk", MARTIN, "p", 0),
        (person, "desk", None, "p", 0),
        (person, "desk", LOPEZ, "p", 1),
        (person, "desk", None, "other", 1),
        (desk, "desk", MARTIN, "p", 0),
        (desk, "store", MARTIN, "p", 1),
    ):
        path = written(tmp_path / "evidence", host, of, name)
        signature.sign(path, mine)
        socle("evidence", "verify", path, PRACTICE, code=code)


def test_judge_says_what_is_wrong_beside_a_bundle(socle, tmp_path: Path) -> None:
    """Nothing is answered in it, so it is 3 (unknown) where the signature is no matter."""
    mine, signers = key(tmp_path, "mine"), tmp_path / "signers"
    signers.write_text(signer(f"practice:{MARTIN}/it", mine))
    path = written(tmp_path / "evidence")
    judge = ("evidence", "judge", path)
    socle(*judge, code=3)
    said = socle(*judge, f"--allowed-signers={signers}", code=1)
    assert "unsigned" in said
    signature.sign(path, mine)
    socle(*judge, code=3)
    socle(*judge, f"--allowed-signers={signers}", code=3)
    signers.write_text(signer(f"practice:{LOPEZ}/it", mine))
    assert "not its own" in socle(*judge, f"--allowed-signers={signers}", code=1)
    said = socle(*judge, "--authorities=nowhere.pem", f"--allowed-signers={signers}", code=2)
    assert "nowhere.pem" in said
    whole = path.read_bytes()
    path.write_bytes(gzip.compress(gzip.decompress(whole), 1))  # replaced after it was signed
    assert "the signature beside it does not fit" in socle(*judge, code=1)
    path.write_bytes(whole)
    path.with_name(f"{path.name}.manifest").unlink()
    assert "stands alone beside it" in socle(*judge, code=1)


def test_judge_refuses_a_file_by_name_and_judges_the_others(socle, tmp_path: Path) -> None:
    path, broken = written(tmp_path / "evidence"), tmp_path / "broken.bundle"
    broken.write_bytes(path.read_bytes()[:-9])
    odd = bundle_of_desk()
    declared = odd.practice.hosts["desk"].model_copy(update={"address": "no address", "groups": ()})
    practice = odd.practice.model_copy(update={"hosts": {"desk": declared}})
    strange = bundle.write(odd.model_copy(update={"practice": practice}), tmp_path / "strange")
    said = socle("evidence", "judge", broken, path, strange, code=2)
    assert f"{broken}: expected a bundle of evidence: it ends too early" in said
    assert said.count("collected 2026-11-22") >= 1
    assert "Traceback" not in said


CHECK = """
from socle.verify import control, expect, unknown

@control("toy-lock")
def test_lock(host, practice):
    word = (practice.root / "state-of-the-toy").read_text()
    if word == "unknown":
        unknown("nobody looked")
    expect(word == "pass", seen=word, wanted="pass", fix="mend it")

@control("toy-open")
def test_open(host):
    expect(False, seen="no", wanted="yes", fix="open it")
"""


def test_only_what_got_worse_fails_since_the_last_run(toy, process) -> None:
    here = (
        "all:\n  children:\n    servers:\n      hosts:\n        ici: {ansible_connection: local}\n"
    )
    toy.write("hosts.yml", here)
    toy.write("/roles/toy/test_toy.py", CHECK)
    state = toy.write("/state-of-the-toy", "pass")
    verify = ("verify", "inventories/p", "--since-last")
    assert "this one is the first" in process(*verify)
    assert "nothing changed" in process(*verify)
    state.write_text("fail")
    said = process(*verify, code=1)
    assert "worse: ici  toy-lock  (pass → fail)" in said
    assert "toy-open  (" not in said
    assert "nothing changed" in process(*verify)
    state.write_text("pass")
    assert "better: ici  toy-lock" in process(*verify)
    state.write_text("unknown")
    assert "no longer measured: ici  toy-lock  (pass → unknown)" in process(*verify, code=1)
    kept = evidence.read(toy.folder).history
    assert len(list(kept.iterdir())) == 6
    process("verify", "inventories/p", "--no-keep", code=1)
    assert len(list(kept.iterdir())) == 6

    (kept / "20270101T000000Z-run.json").write_text("{")
    said = process("history", "inventories/p", "--svg=out/time.svg")
    assert said.count(" verify ") == 6
    assert "20270101T000000Z-run.json: broken" in said
    assert "no longer measured: ici  toy-lock" in said
    assert (toy.root / "out/time.svg").read_text().startswith("<svg")


def test_a_history_that_cannot_be_kept_costs_no_verdict(toy, process) -> None:
    toy.write(
        "hosts.yml",
        "all: {children: {workstations: {hosts: {ici: {ansible_connection: local}}}}}\n",
    )
    toy.write("/roles/toy/test_toy.py", CHECK)
    toy.write("/state-of-the-toy", "pass")
    toy.write("evidence.yml", "history: {folder: hosts.yml}\n")
    said = process("verify", "inventories/p", "--json=out/r.json")
    assert "hosts.yml: this run is not kept" in said
    assert json.loads((toy.root / "out/r.json").read_text())["summary"]["pass"] == 1
    said = process("verify", "inventories/p", "--history=out/kept")
    assert "not kept" not in said
    assert len(list((toy.root / "out/kept").iterdir())) == 1


def test_the_run_is_kept_whatever_becomes_of_its_papers(process, toy) -> None:
    toy.write(
        "hosts.yml",
        "all: {children: {workstations: {hosts: {ici: {ansible_connection: local}}}}}\n",
    )
    toy.write("/roles/toy/test_toy.py", CHECK)
    toy.write("/state-of-the-toy", "pass")
    (toy.root / "no-folder").write_text("")
    process("verify", "inventories/p", "--evidence=no-folder/proof", code=2)
    assert "nothing changed" in process("verify", "inventories/p", "--since-last")


def test_one_host_s_bundle_that_cannot_be_made_costs_no_other(toy, tmp_path, capsys) -> None:
    practice = toy.load()
    seconds = {"desk": -1.0, "lab": 1.0, "store": float("nan")}
    outcomes = [outcome(n, "toy-lock") for n in seconds]
    entries = [
        Entry((name, "toy-lock"), Question(name, "command", "date"), Answer(0, b"", b""), took)
        for name, took in seconds.items()
    ]
    now = datetime.now().astimezone()
    found = keeping.as_bundles(practice, outcomes, (now, now), entries, {}, tmp_path / "proof")
    assert not found
    assert [bundle.read(one).host.name for one in (tmp_path / "proof").iterdir()] == ["lab"]
    said = " ".join("".join(capsys.readouterr()).split())
    for name in ("desk", "store"):
        assert f"{name}: its bundle of evidence cannot be made: seconds: Input" in said
