"""However much a machine answers, and for however long: the operator's computer is unharmed."""

import gzip
import io
import tarfile
import time
import tracemalloc
import zlib
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socle import bounds

MIB = 1 << 20


def shell(script, **how):
    return bounds.run(["/bin/sh", "-c", script], **{"limit": 10, **how})


@contextmanager
def memory_below(most):
    """No more bytes than so many are in use at any time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def packed(*members):
    """A tar archive of (name, content) as GNU tar makes it."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def test_a_program_is_run_and_heard_to_its_end():
    large = bytes(range(256)) * 4096
    done = shell("cat; echo bad >&2; exit 3", stdin=large)
    assert done == (3, large, b"bad\n")


def test_a_program_that_reads_nothing_is_no_trouble():
    assert shell("exec <&-; echo done", stdin=bytes(5 * MIB)).stdout == b"done\n"


@pytest.mark.parametrize("where", ["", ">&2"], ids=["stdout", "stderr"])
def test_an_endless_answer_is_ended(where):
    with (
        memory_below(20 * MIB),
        pytest.raises(bounds.TooLarge, match=r"^its answer is larger than 8 MiB$"),
    ):
        shell(f"yes {where}", largest=8 * MIB)


@pytest.mark.parametrize(
    "script", ["echo some; sleep 20", "echo some; exec >&- 2>&-; sleep 20"], ids=["open", "closed"]
)
def test_a_late_answer_is_not_waited_for_and_kept_as_far_as_it_came(script):
    began = time.monotonic()
    with pytest.raises(bounds.TooSlow) as caught:
        shell(f"trap '' TERM; {script}", limit=0.5)
    assert caught.value.said == b"some\n"
    assert time.monotonic() - began < 3


def test_an_answer_that_drips_has_the_same_time():
    began = time.monotonic()
    with pytest.raises(bounds.TooSlow):
        shell("while :; do printf .; sleep 0.05; done", limit=0.5)
    assert time.monotonic() - began < 3


def test_lines_are_told_while_a_program_runs():
    told = []
    words = ["/bin/sh", "-c", "read -r a; echo $a; echo bad >&2; printf 'no end'; exit 3"]
    assert bounds.follow(words, told.append, limit=10, stdin=b"word\n") == (3, b"", b"bad\n")
    assert told == [b"word", b"no end"]


def test_a_line_without_end_is_cut():
    told = []
    command = "head -c 5000000 /dev/zero | tr '\\0' x; echo; echo short"
    bounds.follow(["/bin/sh", "-c", command], told.append, limit=10)
    assert [len(line) for line in told] == [bounds.LONGEST_LINE, 5]


@pytest.mark.parametrize(
    ("command", "error"), [("yes", bounds.TooLarge), ("sleep 20", bounds.TooSlow)]
)
def test_what_is_followed_has_limits_too(command, error):
    told = []
    began = time.monotonic()
    with pytest.raises(error):
        bounds.follow(["/bin/sh", "-c", command], told.append, limit=1, largest=1000)
    assert len(told) <= 500
    assert time.monotonic() - began < 4


def test_a_bomb_is_not_unpacked():
    press = zlib.compressobj(wbits=31)
    bomb = b"".join(press.compress(bytes(MIB)) for _ in range(80)) + press.flush()
    assert len(bomb) < MIB
    with memory_below(40 * MIB), pytest.raises(bounds.TooLarge, match="16 MiB"):
        bounds.gunzip(bomb, largest=16 * MIB)


@given(st.binary(max_size=300), st.integers(0, 300))
@settings(database=None, derandomize=True, deadline=None)
def test_whatever_is_no_gzip_is_said_to_be_none(content, cut):
    good = gzip.compress(content)
    assert bounds.gunzip(good) == content
    for bad in (content, good[: min(cut, len(good) - 1)], b"x" + good):
        with pytest.raises(ValueError, match=r"^its answer (is no gzip|ends too early)$"):
            bounds.gunzip(bad)


def test_what_came_of_a_cut_answer_is_there_on_request():
    cut = gzip.compress(bytes(range(256)) * 400, 0)[:-5000]
    assert len(bounds.gunzip(cut, whole=False)) > 90000


def test_plain_files_of_an_archive():
    files = [("0.out", b"one"), ("0.err", b""), ("0.end", bytes(600)), ("1.out", b"x" * 512)]
    archive = packed(*files)
    assert list(bounds.tar_files(archive)) == files
    assert list(bounds.tar_files(archive[:1200])) == files[:1]


def test_an_archive_that_claims_any_size_ends_there():
    huge = bytearray(packed(("0.out", b"one"), ("1.out", b"two")))
    huge[1024 + 124 : 1024 + 136] = b"77777777777\0"
    assert list(bounds.tar_files(bytes(huge))) == [("0.out", b"one")]
    sparse = bytearray(packed(("0.out", b"one")))
    sparse[156:157] = b"S"
    assert list(bounds.tar_files(bytes(sparse))) == []


@given(st.binary(max_size=2000), st.integers(0, 4000))
@settings(database=None, derandomize=True, deadline=None)
def test_no_archive_is_more_than_its_bytes(noise, at):
    archive = bytearray(packed(("0.out", b"one"), ("0.err", b"two")))
    archive[at : at + len(noise)] = noise
    found = list(bounds.tar_files(bytes(archive)))
    assert sum(len(content) for _, content in found) <= len(archive)


def test_what_others_say_first_is_no_answer():
    done = shell(f"echo Bienvenue; printf 'no end'; {bounds.SAY_BEGIN}echo answer")
    assert bounds.after_begin(done.stdout) == b"answer\n"
    assert bounds.after_begin(done.stderr) == b""
    assert bounds.after_begin(b"answer\n") is None
