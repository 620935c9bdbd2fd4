"""`socle exposure` and `socle incident` as an operator uses them."""

import json
import subprocess
from datetime import UTC, datetime

import pytest
from exposed import HERE, answering, attested

from socle.evidence import signature
from socle.exposure import store
from socle.exposure.model import as_text

PRACTICE = "inventories/p"
IMAGES = """
from socle.exposure.recognised import UsualPort

PORTS = (UsualPort(4242, "images", "images", patients=True),)
"""
PUBLIC = "8.8.4.4"  # never looked at here
pytestmark = pytest.mark.filterwarnings("ignore:Cyclopts application invoked without tokens")


@pytest.fixture
def practice(toy, socle):
    """A practice that may sign, and its public address."""
    socle("evidence", "keygen", PRACTICE, "--no-passphrase")
    toy.write("/roles/toy/exposure.py", IMAGES)
    toy.write("exposure.yml", f"public_addresses: [{HERE}]\napproved_by: Dr N.\n")
    return toy


def put(toy, one, name="20261122T110000Z"):
    """Sign an attestation and lay it where the practice keeps them."""
    folder = toy.root / f"state/socle/exposure/{toy.id}"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}{store.SUFFIX}"
    now = datetime.now(UTC)
    fresh = one.attestation.model_copy(update={"started": now, "finished": now})
    file.write_text(as_text(fresh))
    key = toy.root.parent / f"{toy.root.name}-config/socle/keys/{toy.id}"
    signature.sign(file, key)
    return file


def test_what_answers_is_attested_signed_and_believed(practice, socle):
    with answering(b"HTTP/1.1 200 OK\r\n\r\n") as port:
        words = (
            "--address",
            "127.0.0.1",
            "--approved-by",
            "Dr N.",
            "--lab",
            "--ports",
            f"1,{port}",
        )
        said = socle("exposure", "attest", PRACTICE, *words, code=1)
    assert f"NOT DECLARED: {port}/tcp" in said
    [file] = (practice.root / f"state/socle/exposure/{practice.id}").glob("*.json")
    assert file.stat().st_mode & 0o77 == 0
    found = json.loads(file.read_text())
    assert (found["approved_by"], found["scans"][0]["vantage"]) == ("Dr N.", "lab")
    assert "good" in socle("evidence", "verify", file.parent, "--practice", PRACTICE)


def test_nothing_open_ends_with_0(practice, socle):
    words = ("--address", "127.0.0.1", "--approved-by", "Dr N.", "--lab", "--ports", "1")
    socle("exposure", "attest", PRACTICE, *words)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--address", PUBLIC), "--approved-by: expected who answers for 8.8.4.4"),
        (
            ("--address", "127.0.0.1", "--approved-by", "x"),
            "refused: it is no address of the Inter",
        ),
        (("--address", "box.example", "--approved-by", "x"), "expected an IPv4 or IPv6 address"),
        (("--lab", "--ports", "0-80"), "--ports: expected ports such as"),
        (("--lab", "--ports", "22", "--all-ports"), "--ports or --all-ports, read both"),
        (("--key", "nowhere"), "expected a key to sign with"),
        ((), f"{HERE}: refused: it is no address of the Internet"),
    ],
    ids=["consent", "private", "name", "ports", "both", "key", "declared-private"],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(practice, socle, words, complaint):
    assert complaint in socle("exposure", "attest", PRACTICE, *words, code=2)
    assert not (practice.root / "state/socle/exposure").exists()


def test_without_an_address_there_is_nothing_to_look_at(practice, socle):
    practice.write("exposure.yml", "approved_by: Dr N.\n")
    assert "public_addresses" in socle("exposure", "attest", PRACTICE, code=2)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("public_addresses: [box]\napproved_by: Dr N.\n", "exposure.yml:1: public_addresses.0"),
        ("public_adresses: []\napproved_by: Dr N.\n", "did you mean public_addresses?"),
        ("public_addresses: []\n", "expected the key approved_by"),
        (
            "approved_by: Dr N.\nopen_ports:\n- {port: 4242, purpose: images, asked_by: Dr N.}\n",
            "images are reached through the VPN alone",
        ),
    ],
    ids=["no-address", "unknown-key", "nobody-answers", "images"],
)
def test_a_bad_declaration_is_refused_with_its_line(practice, socle, text, complaint):
    practice.write("exposure.yml", text)
    assert complaint in socle("exposure", "attest", PRACTICE, code=2)


def test_the_doctor_gets_an_answer(practice, socle):
    put(practice, attested())
    assert "autre que ce qui est déclaré n" in socle("exposure", "check", PRACTICE)
    assert "Nothing but what is" in socle("exposure", "check", PRACTICE, "--lang", "en")


def test_an_altered_attestation_answers_nothing(practice, socle):
    file = put(practice, attested())
    file.write_text(file.read_text().replace("Dr N.", "Dr M."))
    said = socle("exposure", "check", PRACTICE, code=3)
    assert "On ne sait pas" in said
    assert f"does not count: {file.name}: altered" in said


def test_what_is_no_attestation_is_left_out_and_named(practice, socle):
    file = put(practice, attested())
    (file.parent / "other.json").write_text("{}")
    assert "other.json: expected an attestation" in socle("exposure", "check", PRACTICE)


def test_an_open_port_is_told_until_it_is_declared(practice, socle):
    put(practice, attested(opened=[443]))
    assert "un port non déclaré répond" in socle("exposure", "check", PRACTICE, code=1)
    practice.write(
        "exposure.yml",
        f"public_addresses: [{HERE}]\napproved_by: Dr N.\n"
        "open_ports:\n- {port: 443, purpose: Site du cabinet, asked_by: Dr N.}\n",
    )
    socle("exposure", "check", PRACTICE)


def local(toy):
    toy.write(
        "hosts.yml",
        "all: {children: {workstations: {hosts: {desk: {ansible_connection: local}}}}}\n",
    )


def test_an_incident_is_gathered_hashed_and_signed(practice, socle, tmp_path_factory):
    local(practice)
    put(practice, attested(opened=[443]))
    out = tmp_path_factory.mktemp("incident") / "p"
    socle("incident", PRACTICE, "--out", out, "--known", "2026-11-20T08:00")
    evidence = out / "evidence"
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=evidence, check=True)
    assert "good" in socle("evidence", "verify", evidence / "SHA256SUMS", "--practice", PRACTICE)
    text = (out / "notification.md").read_text()
    assert "un port non déclaré répond depuis Internet" in text
    assert len(list((evidence / "practice").glob("*-exposure.json*"))) == 3
    listed = {line.split("  ")[1] for line in (evidence / "SHA256SUMS").read_text().splitlines()}
    there = {str(p.relative_to(evidence)) for p in evidence.rglob("*") if p.is_file()}
    assert there - listed == {f"SHA256SUMS{end}" for end in ("", ".manifest", ".sig")}


def test_without_a_key_what_was_gathered_stays(toy, socle, tmp_path_factory):
    local(toy)
    out = tmp_path_factory.mktemp("incident") / "p"
    said = socle("incident", PRACTICE, "--out", out, code=2)
    assert "Gathered, but not signed" in said
    assert (out / "evidence/SHA256SUMS").is_file()
    assert (out / "notification.md").is_file()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--since", "yesterday"), "--since: expected a day or a moment"),
        (("--known", "2999-01-01"), "--known: expected a moment in the past"),
        (("--host", "nobody"), "expected a host or group"),
        (("--out", "."), "expected a folder outside of"),
    ],
    ids=["since", "known", "host", "out"],
)
def test_bad_words_start_nothing(practice, socle, words, complaint):
    assert complaint in socle("incident", PRACTICE, *words, code=2)
