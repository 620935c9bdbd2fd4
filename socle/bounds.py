"""The bounds of a machine's answer: where it begins, how large it may be, how long it may take.

They are kept on the operator's side, whatever the machine does. What a machine answers is read
with these readers and no others.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import IO, Any, NamedTuple

LARGEST = 64 << 20
"""Bytes of one answer, decompressed too."""
LONGEST_LINE = 4096
"""Bytes of one line that is shown while a command still runs."""
ALIVE_SECONDS = int(os.environ.get("SOCLE_ALIVE_SECONDS", "10"))
"""How long a connection may be silent until the other end is asked whether it is there."""
ALIVE_MISSED = 3
"""So many times without an answer, and the connection is lost: after 40 s at the latest."""

BEGIN = b"\x02socle\x03\n"
SAY_BEGIN = "printf '\\002socle\\003\\n'; printf '\\002socle\\003\\n' >&2\n"
"""A shell's first line: what stands before it was said by somebody else, a ~/.bashrc for one."""

_BLOCK = 512  # of a tar archive
_REGULAR = (b"0", b"\0")


class TooLarge(OSError):
    """An answer is larger than it may be. What came of it must not be judged."""

    def __init__(self, largest: int | None = None) -> None:
        """``largest``: bytes."""
        super().__init__(f"its answer is larger than {(largest or LARGEST) >> 20} MiB")


class TooSlow(TimeoutError):
    """An answer was not complete in time. ``said``: what had come on standard output."""

    def __init__(self, said: bytes) -> None:
        """Keep what had come."""
        super().__init__("no answer in time")
        self.said = said


class Finished(NamedTuple):
    """How a program ended, and what it said."""

    code: int
    stdout: bytes
    stderr: bytes


def after_begin(said: bytes) -> bytes | None:
    """What follows the first `BEGIN`; None without one: the command was not run."""
    _, mark, answer = said.partition(BEGIN)
    return answer if mark else None


def run(
    words: Sequence[str],
    *,
    limit: float,
    stdin: bytes = b"",
    largest: int | None = None,
    **how: Any,
) -> Finished:
    """Run a program that brings an answer from elsewhere; ``how``: further words for Popen.

    Args:
        limit: seconds; then the program is killed.
        largest: bytes that both of its outputs may have together, instead of `LARGEST`.

    Raises:
        TooSlow, TooLarge: the limits were not kept.
        OSError: the program cannot be started.
    """
    deadline = time.monotonic() + limit
    with _started(words, **how) as process:
        said: dict[IO[bytes] | None, bytearray] = {process.stdout: bytearray()}
        said[process.stderr] = bytearray()
        try:
            for pipe, piece in _pieces(process, stdin, deadline, largest or LARGEST):
                said[pipe] += piece
            code = process.wait(max(0.0, deadline - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired):
            raise TooSlow(bytes(said[process.stdout])) from None
        finally:
            _end(process)
    return Finished(code, bytes(said[process.stdout]), bytes(said[process.stderr]))


def follow(
    words: Sequence[str],
    tell: Callable[[bytes], None],
    *,
    limit: float,
    stdin: bytes = b"",
    largest: int | None = None,
) -> Finished:
    """Run a program for long; ``tell`` gets each line of its standard output at once.

    A line is told without its end, and cut after `LONGEST_LINE` bytes. Raises like `run`.
    """
    deadline = time.monotonic() + limit
    line, stderr = bytearray(), bytearray()
    with _started(words) as process:
        try:
            for pipe, piece in _pieces(process, stdin, deadline, largest or LARGEST):
                if pipe is process.stderr:
                    stderr += piece
                    continue
                *complete, rest = piece.split(b"\n")
                for end in complete:
                    tell(bytes(line + end)[:LONGEST_LINE])
                    line.clear()
                line += rest[: max(0, LONGEST_LINE - len(line))]
            if line:
                tell(bytes(line))
            code = process.wait(max(0.0, deadline - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired):
            raise TooSlow(b"") from None
        finally:
            _end(process)
    return Finished(code, b"", bytes(stderr))


def gunzip(packed: bytes, *, largest: int | None = None, whole: bool = True) -> bytes:
    """The content of a gzip file.

    Args:
        whole: refuse one that ends too early; else what is there is returned.

    Raises:
        TooLarge: it holds more than ``largest`` bytes (`LARGEST` unless said).
        ValueError: it is none, or damaged.
    """
    stream = zlib.decompressobj(wbits=31)
    try:
        content = stream.decompress(packed, largest or LARGEST)
    except zlib.error:
        raise ValueError("its answer is no gzip") from None
    if stream.unconsumed_tail:
        raise TooLarge(largest)
    if whole and not stream.eof:
        raise ValueError("its answer ends too early")
    return content


def tar_files(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """(name, content) of the plain files of a small tar archive, up to where it is damaged.

    Long names, sparse files and other extensions (which can claim any size) count as damage.
    """
    at = 0
    while at + _BLOCK <= len(archive):
        header = archive[at : at + _BLOCK]
        name = header[:100].rstrip(b"\0").decode("ascii", "replace")
        try:
            size = int(header[124:136].rstrip(b" \0"), 8)
        except ValueError:
            return
        at += _BLOCK
        if header[156:157] not in _REGULAR or size < 0 or at + size > len(archive):
            return
        yield name, archive[at : at + size]
        at += -(-size // _BLOCK) * _BLOCK


def _started(words: Sequence[str], **how: Any) -> subprocess.Popen[bytes]:
    """In our own process group: Ctrl-C ends it too."""
    pipe = subprocess.PIPE
    return subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, **how)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Whoever became another user (sudo) is not ours to kill: his pipes close, and he ends."""
    with suppress(PermissionError):
        process.kill()


def _pieces(
    process: subprocess.Popen[bytes], stdin: bytes, deadline: float, largest: int
) -> Iterator[tuple[IO[bytes], bytes]]:
    """What a program says, piece by piece, while it reads ``stdin``.

    Raises TimeoutError after the deadline, TooLarge after so many bytes.
    """
    left, waiting = largest, memoryview(stdin)
    with selectors.DefaultSelector() as selector:
        for pipe in filter(None, (process.stdout, process.stderr)):
            selector.register(pipe, selectors.EVENT_READ)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if time.monotonic() >= deadline:
                raise TimeoutError
            for key, _ in ready:
                if key.fileobj is process.stdin:
                    waiting = _written(key.fd, waiting)
                    piece = bytes(waiting[:1])
                else:
                    piece = os.read(key.fd, 1 << 16)
                    left -= len(piece)
                    if left < 0:
                        raise TooLarge(largest)
                    if piece:
                        yield key.fileobj, piece  # type: ignore[misc]  # the pipe, as registered
                if not piece:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]


def _written(pipe: int, waiting: memoryview) -> memoryview:
    """What is left to be written; nothing where nobody reads it."""
    try:
        return waiting[os.write(pipe, waiting[: 1 << 16]) :]
    except BlockingIOError:
        return waiting
    except BrokenPipeError:
        return waiting[:0]
