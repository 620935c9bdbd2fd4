"""`socle evidence` and `socle history` as an operator uses them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from evidence_tools import Authority, key

from socle.baseline import evidence

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
    assert "signed by it@exemple.fr" in said
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
