"""Signatures of evidence: who signed, when, and that not one byte can change unseen."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from evidence_tools import key, run, signer

from socle.errors import SocleError
from socle.evidence import sshsig
from socle.evidence.manifest import Manifest, Unreadable, describe, evidence, parse
from socle.evidence.signature import State, Trust, misfit, sign, verify

NOW = datetime(2026, 11, 22, 11, 5, tzinfo=UTC)
KNOWN = "prestataire@exemple.fr"


@pytest.fixture
def signed(tmp_path: Path, monkeypatch):
    """A signed report, the key, and the file of those who may sign."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    folder = tmp_path / "evidence"
    folder.mkdir()
    report = folder / "report.json"
    report.write_text('{"verdict": "fail"}\n')
    mine = key(tmp_path, "mine")
    signers = tmp_path / "allowed_signers"
    signers.write_text(signer(KNOWN, mine))
    sign(report, mine, NOW)
    return report, mine, Trust(signers)


def state(signed, now=NOW, **trust) -> State:
    report, _, known = signed
    return verify(report, Trust(known.signers, **trust), now).state


def test_a_signed_file_is_good(signed) -> None:
    report, _, trust = signed
    found = verify(report, trust, NOW)
    assert (found.state, found.detail) == (State.GOOD, "")
    assert (found.signer, found.claimed, found.stamp) == (KNOWN, NOW, None)
    assert found.key.startswith("SHA256:")


@pytest.mark.parametrize("name", ["cabinet d'été.pdf", "a\nb", "\udcff.json", "-n"])
def test_any_name_can_be_signed(signed, name: str) -> None:
    report, mine, trust = signed
    other = report.rename(report.with_name(name))
    sign(other, mine, NOW)
    assert verify(other, trust, NOW).state is State.GOOD


def test_an_auditor_needs_nothing_but_openssh(signed) -> None:
    report, _, trust = signed
    words = ["-n", "socle-evidence@1", "-f", trust.signers, "-I", KNOWN, "-s", f"{report}.sig"]
    with Path(f"{report}.manifest").open("rb") as manifest:
        run("ssh-keygen", "-Y", "verify", *words, stdin=manifest)


@pytest.mark.parametrize("suffix", ["", ".manifest", ".sig"])
def test_every_altered_byte_is_found(signed, suffix: str) -> None:
    path = Path(f"{signed[0]}{suffix}")
    whole = path.read_bytes()
    for index, byte in enumerate(whole):
        path.write_bytes(whole[:index] + bytes([byte ^ 1]) + whole[index + 1 :])
        assert state(signed) in (State.ALTERED, State.OTHER_PURPOSE), (suffix, index)


@pytest.mark.parametrize("suffix", ["", ".manifest", ".sig"])
def test_added_and_missing_bytes_are_found(signed, suffix: str) -> None:
    path = Path(f"{signed[0]}{suffix}")
    whole = path.read_bytes()
    for content in (
        whole + b"\n",
        whole + b"x",
        b"\n" + whole,
        whole[:-1],
        whole[: len(whole) // 2],
    ):
        path.write_bytes(content)
        assert state(signed) is State.ALTERED
    path.write_bytes(b"")
    assert state(signed) is State.ALTERED


def test_a_field_that_openssh_does_not_sign_is_found(signed) -> None:
    path = Path(f"{signed[0]}.sig")
    blob = sshsig._blob(path.read_bytes())
    parts = list(sshsig._fields(blob))
    parts[2] = b"hidden"
    changed = blob[:10] + b"".join(len(part).to_bytes(4) + part for part in parts)
    path.write_bytes(sshsig.armour(changed))
    assert state(signed) is State.ALTERED


def test_signatures_of_two_files_cannot_be_swapped(signed) -> None:
    report, mine, _ = signed
    other = report.with_name("other.json")
    other.write_text('{"verdict": "pass"}\n')
    sign(other, mine, NOW)
    for suffix in (".sig", ".manifest"):
        shutil.copy(f"{other}{suffix}", f"{report}{suffix}")
        assert state(signed) is State.ALTERED
    shutil.copy(other, report)
    assert state(signed) is State.ALTERED  # right in everything but its name
    assert "under the name other.json" in verify(report, signed[2], NOW).detail


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 9000,
        b"[]",
        b'{"kind": "socle-evidence", "version": 2}',
        b'{"kind": "socle-evidence", "version": 1, "file": {}, "size": 1e999}',
        b" " * 20_000,
        b"\xff",
    ],
)
def test_a_stranger_can_sign_nonsense_but_not_stop_the_command(signed, content: bytes) -> None:
    report, mine, _ = signed
    Path(f"{report}.manifest").write_bytes(content)
    Path(f"{report}.sig").write_bytes(sshsig.sign(content, mine))
    assert state(signed) is State.ALTERED


def test_several_names_and_patterns_may_share_a_line(signed) -> None:
    report, mine, trust = signed
    for names in ("a@x,b@x", "*@exemple.fr"):
        trust.signers.write_text(signer(names, mine))
        assert verify(report, trust, NOW).state is State.GOOD


def test_another_purpose_is_said(signed) -> None:
    report, mine, _ = signed
    with Path(f"{report}.manifest").open("rb") as manifest, Path(f"{report}.sig").open("wb") as sig:
        words = ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", mine]
        subprocess.run(words, stdin=manifest, stdout=sig, check=True)
    assert state(signed) is State.OTHER_PURPOSE


def test_an_unknown_signer_is_said(signed, tmp_path: Path) -> None:
    report, _, trust = signed
    sign(report, key(tmp_path, "stranger"), NOW)
    found = verify(report, trust, NOW)
    assert (found.state, found.signer) == (State.UNKNOWN_SIGNER, None)
    assert found.key in found.detail


def test_a_key_for_another_purpose_may_not_sign_evidence(signed) -> None:
    _, mine, trust = signed
    trust.signers.write_text(signer(KNOWN, mine, 'namespaces="git"'))
    assert state(signed) is State.UNKNOWN_SIGNER


@pytest.mark.parametrize(
    ("options", "wanted", "said"),
    [
        ('valid-after="20261101",valid-before="20261231"', State.GOOD, ""),
        ('valid-before="20261101"', State.NOT_VALID, "was expired on 2026-11-22T11:05:00Z"),
        ('valid-after="20261201"', State.NOT_VALID, "was not yet valid on 2026-11-22T11:05:00Z"),
    ],
)
def test_a_key_has_its_time(signed, options: str, wanted: State, said: str) -> None:
    report, mine, trust = signed
    trust.signers.write_text(signer(KNOWN, mine, options))
    found = verify(report, trust, NOW)
    assert found.state is wanted
    assert said in found.detail


def test_a_claimed_date_does_not_revive_an_expired_key(signed) -> None:
    report, mine, trust = signed
    trust.signers.write_text(signer(KNOWN, mine, 'valid-before="20261231"'))
    found = verify(report, trust, datetime(2027, 6, 1, tzinfo=UTC))
    assert found.state is State.NOT_VALID
    assert "no time stamp proves" in found.detail


def test_a_claimed_date_before_the_keys_time_is_refused(signed) -> None:
    report, mine, trust = signed
    trust.signers.write_text(signer(KNOWN, mine, 'valid-after="20261201"'))
    found = verify(report, trust, datetime(2027, 6, 1, tzinfo=UTC))
    assert (found.state, found.detail) == (
        State.NOT_VALID,
        "its key was not yet valid on 2026-11-22T11:05:00Z",
    )


def test_a_date_in_the_future_is_said(signed) -> None:
    found = verify(signed[0], signed[2], datetime(2026, 11, 1, tzinfo=UTC))
    assert (found.state, found.detail) == (
        State.GOOD,
        "it claims a later time: the signer's clock was wrong",
    )


def test_a_revoked_key_is_said(signed, tmp_path: Path) -> None:
    _, mine, _ = signed
    plain, krl = mine.with_suffix(".pub"), tmp_path / "krl"
    run("ssh-keygen", "-q", "-k", "-f", krl, plain)
    other = key(tmp_path, "other").with_suffix(".pub")
    assert state(signed, revoked=plain) is State.REVOKED
    assert state(signed, revoked=krl) is State.REVOKED
    assert state(signed, revoked=other) is State.GOOD
    krl.write_text("not a list")
    assert state(signed, revoked=krl) is State.REVOKED  # what cannot be read trusts nobody


def test_missing_parts_are_said(signed) -> None:
    report, _, trust = signed
    manifest, sig = Path(f"{report}.manifest"), Path(f"{report}.sig")
    kept = sig.read_bytes()
    sig.unlink()
    assert verify(report, trust, NOW).detail == "no report.json.sig beside it"
    sig.write_bytes(kept)
    report.unlink()
    assert state(signed) is State.FILE_MISSING
    manifest.unlink()
    sig.unlink()
    with pytest.raises(SocleError, match="no such file"):
        state(signed)


def sparse(file: Path, size: int = 1 << 40) -> None:
    with file.open("wb") as content:
        content.truncate(size)


def unread(*_: object) -> None:
    raise AssertionError("it is read")


def test_a_huge_file_beside_a_copied_signature_is_not_read(signed, monkeypatch) -> None:
    report, _, trust = signed
    sparse(report)
    monkeypatch.setattr("hashlib.sha256", unread)
    said = f"20 bytes were signed, these are {1 << 40}"
    found = verify(report, trust, NOW)
    assert (found.state, found.detail) == (State.ALTERED, said)
    assert misfit(report) == said


def test_a_huge_file_is_not_read_whoever_signed_its_size(signed, monkeypatch) -> None:
    report, mine, trust = signed
    sparse(report)
    claimed = Manifest(report.name, 1 << 40, "0" * 64, NOW).as_bytes()
    Path(f"{report}.manifest").write_bytes(claimed)
    Path(f"{report}.sig").write_bytes(sshsig.sign(claimed, mine))
    monkeypatch.setattr("hashlib.sha256", unread)
    assert verify(report, trust, NOW).detail == f"it is larger than {1 << 30} bytes"
    assert "it is larger than" in misfit(report)
    with pytest.raises(SocleError, match="it is larger than"):
        sign(report, mine, NOW)


def test_a_link_is_not_followed(signed) -> None:
    report, _, trust = signed
    report.symlink_to(report.rename(report.with_name("elsewhere")))
    found = verify(report, trust, NOW)
    assert (found.state, found.detail) == (
        State.ALTERED,
        "it is a link: expected the file itself",
    )


def test_a_folder_is_verified_file_by_file(signed) -> None:
    report, _, trust = signed
    (report.parent / "deeper").mkdir()
    (report.parent / "deeper/unsigned.pdf").touch()
    report.unlink()
    found, _ = evidence([report.parent])
    assert [path.name for path in found] == ["unsigned.pdf", "report.json"]
    assert [verify(path, trust, NOW).state for path in found] == [
        State.UNSIGNED,
        State.FILE_MISSING,
    ]


def test_a_key_in_an_agent_signs(signed, tmp_path: Path, monkeypatch) -> None:
    report, mine, _ = signed
    socket = tmp_path / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():
            assert agent.poll() is None
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        run("ssh-add", "-q", mine)
        mine.unlink()
        sign(report, mine.with_suffix(".pub"), NOW)
    finally:
        agent.terminate()
        agent.wait()
    assert state(signed) is State.GOOD


def test_what_cannot_sign_is_an_error(signed, tmp_path: Path) -> None:
    report, mine, _ = signed
    with pytest.raises(SocleError, match="expected a key"):
        sign(report, tmp_path / "nowhere", NOW)
    with pytest.raises(SocleError, match="cannot sign with this key"):
        sign(report, report, NOW)
    with pytest.raises(SocleError, match="a signature's own file"):
        sign(Path(f"{report}.sig"), mine, NOW)
    assert state(signed) is State.GOOD  # the old signature still stands


def test_a_date_that_no_clock_can_be_compared_with_is_no_manifest(signed) -> None:
    content = describe(signed[0], datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)).as_bytes()
    with pytest.raises(Unreadable, match="in no year that counts"):
        parse(content)
