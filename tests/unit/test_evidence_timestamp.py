"""Time stamps, from an authority that runs on this computer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from evidence_tools import Authority, key, signer

from socle.errors import SocleError
from socle.evidence.signature import State, Trust, sign, verify
from socle.evidence.timestamp import BadStamp, Unavailable, check, request

MESSAGE = b"a signature\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def answer(authority: Authority) -> bytes:
    with authority.serving() as url:
        return request(MESSAGE, url, authority.root)[0]


def test_a_stamp_says_when_and_by_whom(authority: Authority, answer: bytes) -> None:
    found = check(answer, MESSAGE, authority.root)
    assert found.authority == "Horloge d'essai"
    assert abs(found.time - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_stamp_is_for_one_message(authority: Authority, answer: bytes) -> None:
    with pytest.raises(BadStamp):
        check(answer, b"another message", authority.root)


def test_altered_bytes_never_change_what_a_stamp_says(authority: Authority, answer: bytes) -> None:
    said = check(answer, MESSAGE, authority.root)
    for index, byte in enumerate(answer):
        changed = answer[:index] + bytes([byte ^ 1]) + answer[index + 1 :]
        try:
            assert check(changed, MESSAGE, authority.root) == said, index
        except BadStamp:
            continue
    for cut in range(0, len(answer), 50):
        with pytest.raises(BadStamp):
            check(answer[:cut], MESSAGE, authority.root)


def test_another_authority_is_not_believed(authority, answer: bytes, tmp_path: Path) -> None:
    impostor = Authority(tmp_path / "impostor")  # under the same names
    with pytest.raises(BadStamp):
        check(answer, MESSAGE, impostor.root)
    with impostor.serving() as url, pytest.raises(Unavailable, match="no good time stamp"):
        request(MESSAGE, url, authority.root)


def test_an_old_answer_is_refused(authority: Authority, answer: bytes) -> None:
    with authority.serving(lambda _: answer) as url, pytest.raises(Unavailable, match="Nonce"):
        request(MESSAGE, url, authority.root)


@pytest.mark.parametrize("reply", [b"", b"<html>", b"0\x82"])
def test_nonsense_is_refused(authority: Authority, reply: bytes) -> None:
    with authority.serving(lambda _: reply) as url, pytest.raises(Unavailable):
        request(MESSAGE, url, authority.root)


def test_an_authority_that_is_away_is_named(authority: Authority) -> None:
    with authority.serving() as url:
        gone = url
    with pytest.raises(Unavailable, match="gave no answer"):
        request(MESSAGE, gone, authority.root)
    with pytest.raises(SocleError, match="http"):
        request(MESSAGE, "file:///etc/passwd", authority.root)
    with pytest.raises(SocleError, match="root certificate"):
        check(b"", MESSAGE, authority.config)


def test_a_stamp_outlives_the_key(authority: Authority, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    report, mine, signers = tmp_path / "report.html", key(tmp_path, "mine"), tmp_path / "signers"
    report.write_text("<p>")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    signers.write_text(signer("p@x", mine, f'valid-before="{tomorrow:%Y%m%d}"'))
    trust = Trust(signers, authorities=authority.root)
    much_later = tomorrow + timedelta(days=400)
    sign(report, mine)
    assert verify(report, trust, much_later).state is State.NOT_VALID
    stamp, signature = Path(f"{report}.tsr"), Path(f"{report}.sig")
    with authority.serving() as url:
        stamp.write_bytes(request(signature.read_bytes(), url, authority.root)[0])
    found = verify(report, trust, much_later)
    assert (found.state, found.stamp.authority) == (State.GOOD, "Horloge d'essai")
    unchecked = verify(report, Trust(signers))
    assert (unchecked.state, unchecked.stamp) == (State.GOOD, None)
    assert "not checked" in unchecked.detail
    stamp.write_bytes(b"junk")
    assert verify(report, trust).state is State.BAD_STAMP
