"""A bundle as a file: the same bytes, for its owner, refused when it is not whole."""

import gzip
import json
import os
import random
import subprocess
import sys

import pytest
from evidence_tools import bundle_of_desk as made

from socle.errors import SocleError
from socle.evidence import bundle as files


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
    assert json.loads(said)["schema"] == 2


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
        (document(schema=3), "its schema is 3, this Socle reads 2: use a newer one"),
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


HEAD = (
    b'{"format":"socle-evidence","schema":1,"collected":"2026-11-01T00:00:00Z","seconds":1,'
    b'"software":{"socle":"1"},"baseline":{"digest":"x"},"host":{"name":"a"},'
)
PRACTICE = HEAD + b'"practice":{"name":"x","hosts":{'
MEBI = 1 << 20
HOSTILE = {
    "empty answers": HEAD + b'"answers":[' + b"{}," * 4_000_000 + b"{}]}",
    "as many as may be": HEAD + b'"answers":[' + b"{}," * 24_000 + b"{}]}",
    "lists in lists": HEAD + b'"answers":' + b"[" * (30 * MEBI),
    "quotes": HEAD + b'"answers":["' + b'\\"' * (15 * MEBI),
    "one string": HEAD + b'"answers":["' + b"x" * (30 * MEBI) + b'"]}',
    "one name": PRACTICE + b'"' + b"x" * (30 * MEBI) + b'":{}}}}',
    "hosts": PRACTICE + b",".join(b'"h%d":{}' % n for n in range(24_000)) + b"}}}",
    "settings": PRACTICE + b'"a":{"settings":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "one number": HEAD + b'"answers":' + b"9" * (30 * MEBI),
}
READ = """
import re, sys
from pathlib import Path
from socle.region.model import Refused
from socle.region.work import read
assert all(isinstance(read(Path(name)), Refused) for name in sys.argv[1:])
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def test_hostile_bundles_are_refused_and_no_memory_is_filled(tmp_path):
    for name, content in HOSTILE.items():
        (tmp_path / f"{name}.bundle").write_bytes(gzip.compress(content, 9))
    done = subprocess.run(
        [sys.executable, "-c", READ, *sorted(tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 300  # MiB


def test_whatever_is_changed_is_read_or_refused():
    """Bytes, values and names are changed at random: no other end than a bundle or a sentence."""
    dice, whole = random.Random(12), gzip.decompress(files.pack(made()))
    values = [None, -1, 1e308, "\x00", "2026-13-45", [], {}, [[[]]], "x" * 300, True, 10**400]
    for _ in range(2000):
        text = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            text[dice.randrange(len(text))] = dice.choice(b'"\\{}[],:0-9eZ\x00\xff')
        assert "\n" not in refusal(bytes(text))
        document = json.loads(whole)
        place = document
        while isinstance(place, dict | list) and place:
            key = dice.choice(list(place) if isinstance(place, dict) else range(len(place)))
            if dice.random() < 0.4 or not isinstance(place[key], dict | list):
                place[key] = dice.choice(values)
                break
            place = place[key]
        assert "\n" not in refusal(json.dumps(document).encode())


def refusal(text):
    try:
        files.unpack(gzip.compress(text, 1), "x")
    except SocleError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2026-02-30T00:00:00Z", "now", 1],
)
def test_a_date_that_is_none_is_refused(moment):
    with pytest.raises(SocleError, match="collected: "):
        files.unpack(document(collected=moment), "x")


def test_neither_a_link_nor_a_pipe_is_read(tmp_path):
    path = files.write(made(), tmp_path)
    (tmp_path / "link.bundle").symlink_to(path)
    os.mkfifo(tmp_path / "pipe.bundle")
    for name, reason in (("link", "it is a link"), ("pipe", "expected a plain file")):
        with pytest.raises(SocleError, match=reason):
            files.read(tmp_path / f"{name}.bundle")


def test_a_link_in_its_place_is_replaced_and_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("kept")
    (tmp_path / "desk-20261122T120000Z.bundle").symlink_to(elsewhere)
    path = files.write(made(), tmp_path)
    assert not path.is_symlink()
    assert elsewhere.read_text() == "kept"


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
