"""Run programs as a person of this machine: with little, for a while, and never as root.

A person decides what these programs do and say: by files in the home, by the own bus, as their
debugger. So whoever asks keeps at most `MOST` bytes of an answer, waits no longer than was said,
and takes what did not come within these limits for no answer at all.

It also runs on managed hosts, alone: Python's standard library only.
"""

from __future__ import annotations

import os
import pwd
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

MOST = 1 << 20
"""Bytes of an answer, and of a process's environment."""
ALTOGETHER = 1 << 24
"""Bytes of the environments of all of a person's processes."""
SECONDS = 20.0
"""For an answer, where nothing else was said."""
MEMORY = 1 << 29
"""Bytes of address space for each process."""
WRITTEN = 1 << 24
"""Bytes for each file that is written."""


class Unread(Exception):
    """A person's program did not answer within its limits; the text says why."""


class Said(NamedTuple):
    """An exit code (negative: ended by a signal) and what was printed."""

    code: int
    text: str


def run(
    words: Sequence[str],
    account: pwd.struct_passwd,
    environment: Mapping[str, str],
    *,
    seconds: float = SECONDS,
    errors: int = subprocess.DEVNULL,
    processes: int | None = None,
) -> Said:
    """Run a program as the person of ``account``, in ``environment`` alone.

    ``errors``: what becomes of standard error, as for subprocess. ``processes``: how many processes
    and threads of the person there may be (setrlimit(2), RLIMIT_NPROC), those that run anyway
    included. Raises Unread.
    """
    try:
        process = subprocess.Popen(
            [*_limits(seconds, processes), *words],
            env=environment,
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=os.getgrouplist(account.pw_name, account.pw_gid),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # an environment may be too large for a program
        raise Unread(f"{words[0]} was not started: {error}") from None
    with process:
        try:
            said = _answer(process, seconds)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return Said(process.returncode, said.decode(errors="replace"))


def read_as(path: str, account: pwd.struct_passwd, environment: Mapping[str, str]) -> str:
    """A file as the person reads it, links followed; empty where there is none. Raises Unread."""
    return run(["/usr/bin/head", "-c", str(MOST + 1), "--", path], account, environment).text


def environments(uid: int, names: Sequence[str]) -> Iterator[tuple[Path, dict[str, str]]]:
    """The person's processes (their folders below /proc), and these variables of theirs.

    Raises Unread.
    """
    read = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid != uid:
                continue
            with (folder / "environ").open("rb") as file:
                text = file.read(MOST + 1)
        except OSError:
            continue  # it has ended
        read += len(text)
        if len(text) > MOST or read > ALTOGETHER:
            raise Unread(f"more than {ALTOGETHER >> 20} MiB of environments, or one too large")
        pairs = (pair.partition("=") for pair in text.decode(errors="replace").split("\0"))
        yield folder, {name: value for name, _, value in pairs if name in names}


def _limits(seconds: float, processes: int | None) -> list[str]:
    """Programs of util-linux that set limits, and become the program that follows."""
    most = [f"--as={MEMORY}", f"--fsize={WRITTEN}", f"--cpu={int(seconds) + 1}", "--core=0"]
    most += [] if processes is None else [f"--nproc={processes}"]
    return [
        *("/usr/bin/setpriv", "--no-new-privs", "--pdeathsig", "KILL", "--"),
        *("/usr/bin/prlimit", *most, "--"),
    ]


def _answer(process: subprocess.Popen[bytes], seconds: float) -> bytes:
    """What the process prints until it ends; what it leaves behind is not waited for."""
    assert process.stdout  # noqa: S101
    until, said, ended = time.monotonic() + seconds, bytearray(), False
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise Unread(f"no end within {seconds:g} s")
        ended = process.poll() is not None
        there, _, _ = select.select([process.stdout], [], [], 0 if ended else min(left, 0.1))
        piece = os.read(process.stdout.fileno(), 1 << 16) if there else b""
        said += piece
        if len(said) > MOST:
            raise Unread(f"more than {MOST >> 20} MiB")
        if there and not piece:  # closed
            with suppress(subprocess.TimeoutExpired):
                process.wait(left)
                return bytes(said)
        if ended and not piece:
            return bytes(said)
