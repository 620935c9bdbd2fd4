"""`socle evidence silence` and `socle evidence judge --max-age` as an operator uses them."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from evidence_tools import key, signer

from socle.commands import watch
from socle.evidence import bundle
from socle.evidence.model import Baseline, Bundle, Declared, Machine, Practice, Software
from socle.evidence.signature import sign

SOCLE = Path(sys.executable).parent / "socle"


def collected(host: str, practice: str, hours: float) -> Bundle:
    settings = {"groups": ("all",), "addresses": (), "method": "ssh", "address": "192.0.2.1"}
    return Bundle(
        collected=datetime.now(UTC) - timedelta(hours=hours),
        seconds=1,
        software=Software(socle="0"),
        baseline=Baseline(digest="ab"),
        host=Machine(name=host),
        practice=Practice(name=practice, hosts={host: Declared(**settings, port=22, settings={})}),
        answers=(),
        verdicts=(),
    )


@pytest.fixture
def silence(toy, tmp_path):
    """Runs the command on the toy's hosts, of whom ``ages`` (in hours) are heard."""
    signing = key(tmp_path, "operator")
    (toy.folder / "allowed_signers").write_text(signer("it@prestataire.example", signing))
    folder = tmp_path / "depot"
    folder.mkdir()

    def run(*words: str, code: int, signed: bool = True, **ages: float) -> str:
        for host, age in ages.items():
            file = bundle.write(collected(host, toy.folder.name, age), folder)
            if signed:
                sign(file, signing)
        return said("evidence", "silence", toy.folder, folder, *words, code=code)

    return run


def said(*words: object, code: int) -> str:
    done = subprocess.run(
        [SOCLE, *map(str, words)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == code, done
    return done.stdout + done.stderr


def test_all_hosts_are_heard_of(silence):
    told = silence(code=0, desk=1, lab=2, store=3)
    assert "✔ desk: heard of at" in told
    assert silence("--quiet", code=0) == ""


def test_who_listens_needs_none_of_the_practices_secrets(toy, silence, monkeypatch):
    toy.write("secrets.yml", "toy_password: x\n")
    toy.encrypt("secrets.yml", monkeypatch)
    monkeypatch.delenv("ANSIBLE_VAULT_PASSWORD_FILE")
    silence(code=0, desk=1, lab=1, store=1)


def test_who_is_silent_is_listed_with_since_when(silence):
    told = silence("--quiet", code=1, desk=1, lab=60)
    assert "desk" not in told
    assert "✘ lab: silent since 20" in told
    assert "60 h ago" in told
    assert "✘ store: silent since ever: no good evidence of it" in told


def test_the_limit_is_the_practices_to_choose(silence):
    assert "desk" in silence("--limit-hours=2", code=1, desk=3, lab=1, store=1)
    for impossible in ("0", "nan", "inf"):
        assert "limit-hours" in silence(f"--limit-hours={impossible}", code=2)


def test_what_does_not_count_is_named_even_if_nobody_is_silent(silence):
    silence(code=0, desk=1, lab=1, store=1)
    told = silence(code=3, signed=False, desk=0.5)
    assert "does not count: unsigned" in told
    assert "✔ desk" in told


def test_a_folder_that_is_not_there_is_an_error_not_silence(toy, silence, tmp_path):
    (tmp_path / "depot").rmdir()
    assert "expected a folder with bundles" in silence(code=2)
    (toy.folder / "allowed_signers").unlink()
    (tmp_path / "depot").mkdir()
    assert "allowed_signers" in silence(code=2, desk=1)


@pytest.mark.parametrize(
    ("age", "told"),
    [(3, "desk  is 3.0 hours old, the limit is 2"), (-1, "desk  comes from the future")],
    ids=["old", "future"],
)
def test_a_judge_may_ask_for_young_evidence(tmp_path, age, told):
    file = bundle.write(collected("desk", "p", age), tmp_path)
    answer = said("evidence", "judge", file, "--max-age=2", code=1)
    assert told in answer
    assert told not in said("evidence", "judge", file, code=3)


def test_no_machine_takes_the_key_of_another_in_silence(tmp_path, capsys):
    signers = tmp_path / "allowed_signers"

    def allow(name, public):
        answer = SimpleNamespace(stdout=f"ssh-ed25519 {public}\n".encode())
        link = SimpleNamespace(target=SimpleNamespace(name=name), run=lambda _: answer)
        return watch._allow(link, f"machine:0123456789abcdef/{name}", signers)

    assert allow("accueil", "AAAAkey-of-medecin")
    assert not allow("medecin", "AAAAkey-of-medecin")
    said = " ".join(capsys.readouterr().out.split())
    assert "stands there already for machine:0123456789abcdef/accueil" in said
    assert "may sign already" not in said
    assert allow("accueil", "AAAAkey-of-medecin")
    assert "accueil: may sign already" in capsys.readouterr().out
    assert signers.read_text().count("\n") == 1
