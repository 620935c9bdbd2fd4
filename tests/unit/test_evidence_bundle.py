"""A bundle as a file: the same bytes, for its owner, refused when it is not whole."""

import gzip
import json
import subprocess
from datetime import UTC, datetime

import pytest

from socle.errors import SocleError
from socle.evidence import bundle as files
from socle.evidence.model import (
    Baseline,
    Bundle,
    Declared,
    Judged,
    Machine,
    Practice,
    Said,
    Software,
)

ANSWER = Said(
    control="toy-lock",
    asked="desk",
    kind="command",
    words="nft list ruleset",
    digest="0" * 32,
    limit=30.0,
    seconds=0.01,
    code=0,
    stdout="é\n",
)


def made(**changes):
    words = {
        "collected": datetime(2026, 11, 22, 12, tzinfo=UTC),
        "seconds": 1.5,
        "software": Software(socle="0.1.0"),
        "baseline": Baseline(digest="ab"),
        "host": Machine(name="desk", os_name="Debian", host_keys=("SHA256:x",)),
        "practice": Practice(
            name="cabinet",
            hosts={
                "desk": Declared(
                    groups=("all",),
                    addresses=("192.0.2.1",),
                    method="ssh",
                    address="192.0.2.1",
                    port=22,
                    settings={"b": 1, "a": [None, "é"]},
                )
            },
        ),
        "answers": (ANSWER,),
        "verdicts": (
            Judged(control="toy-lock", verdict="pass", detail="", measured="pass", seconds=0.1),
        ),
    }
    return Bundle(**{**words, **changes})


def document(**changes):
    content = json.loads(gzip.decompress(files.pack(made())))
    return gzip.compress(json.dumps(content | changes).encode(), mtime=0)


def test_what_is_written_is_read_again_and_is_the_owners(tmp_path):
    path = files.write(made(), tmp_path / "proof")
    assert path.name == "desk-20261122T120000Z.bundle"
    assert files.read(path) == made()
    assert list(files.read(path).practice.hosts["desk"].settings) == ["b", "a"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_the_same_content_gives_the_same_bytes():
    assert files.pack(made()) == files.pack(made())


def test_it_can_be_read_without_socle(tmp_path):
    path = files.write(made(), tmp_path)
    with path.open("rb") as stored:
        said = subprocess.run(["zcat"], stdin=stored, capture_output=True, check=True).stdout
    assert json.loads(said)["schema"] == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is not one of Socle's bundles"),
        (b"PK\x03\x04", "it is not one of Socle's bundles"),
        (gzip.compress(b"[]", mtime=0), "it is not one of Socle's bundles"),
        (gzip.compress(b"{}", mtime=0), "it is not one of Socle's bundles"),
        (gzip.compress(b"\xff", mtime=0), "it is not one of Socle's bundles"),
        (files.pack(made())[:-20], "it ends too early"),
        (files.pack(made())[:30], "it ends too early"),
        (files.pack(made()) + b"x", "something was added to it"),
        (files.pack(made())[:40] + b"\0\0\0" + files.pack(made())[43:], "it is damaged"),
        (document(schema=2), "its schema is 2, this Socle reads 1: use a newer one"),
        (document(schema="1"), "it is not one of Socle's bundles"),
        (document(surprise=1), "surprise: Extra inputs are not permitted"),
        (document(seconds=-1), "seconds: Input should be greater than or equal to 0"),
        (document(verdicts=None), "verdicts: Input should be a valid"),
    ],
)
def test_what_is_not_a_whole_bundle_is_refused_in_one_sentence(tmp_path, content, reason):
    path = tmp_path / "x.bundle"
    path.write_bytes(content)
    with pytest.raises(SocleError) as caught:
        files.read(path)
    assert str(caught.value).startswith(f"{path}: expected a bundle of evidence: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(SocleError, match="No such file"):
        files.read(tmp_path / "none.bundle")


def test_a_small_file_does_not_fill_the_memory():
    with pytest.raises(SocleError, match="it holds more than"):
        files.unpack(gzip.compress(b" " * 10_000), "x", largest=1000)


@pytest.mark.parametrize("name", ["..", ".", "a/b", ""])
def test_no_name_in_it_leads_out_of_the_judges_folder(name):
    practice = json.loads(gzip.decompress(files.pack(made())))["practice"]
    for changed in (
        {"name": name},
        {"files": {f"group_vars/{name}/../../x": ""}},
        {"files": {"secrets.yml": ""}},
        {"hosts": {name: practice["hosts"]["desk"]}},
    ):
        with pytest.raises(SocleError):
            files.unpack(document(practice=practice | changed), "x")


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SocleError, match="the bundle cannot be written"):
        files.write(made(), tmp_path / "file")
