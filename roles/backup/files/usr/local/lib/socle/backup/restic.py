"""restic on this host: started with no secret in its arguments or environment, and understood."""

from __future__ import annotations

import functools
import json
import math
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backup import locks, paths, snapshots
from backup.config import Repository
from backup.errors import BackupError, Unjudged
from backup.reasons import ENDLESS, reason

GIVE_UP_SECONDS = 180.0
"""Without any progress while restic repeats failing requests: then it is stopped."""

MOST_KEPT = 1 << 26
"""Characters of an answer: some hundred thousand snapshots. What says more is stopped."""
_LINE = 1 << 16  # characters of an error's line that are read at once

Watcher = Callable[[dict[str, Any]], None]


class ResticError(BackupError):
    """restic failed; ``output`` is what it said, for the program's eyes only."""

    def __init__(self, words: str, output: str = "", code: int = 1) -> None:
        """``words`` go to the operator."""
        super().__init__(words)
        self.output, self.code = output, code


@dataclass(frozen=True)
class Answer:
    """What restic printed and how it ended (3: a backup that could not read everything)."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Restic:
    """One repository. ``uid``: the account that owns it, where that is not root."""

    location: str
    password: str = field(repr=False)
    options: tuple[str, ...] = ()
    uid: int = 0
    cached: bool = True

    def snapshots(self, *, timeout: float = 60) -> list[dict[str, Any]]:
        """Every snapshot, oldest first."""
        answer = self.must("snapshots", "--json", "--no-lock", timeout=timeout)
        return snapshots.listed(answer.out)

    def must(self, *words: str, **how: Any) -> Answer:
        """Run and give the answer; ``ResticError`` where restic fails."""
        answer = self.run(*words, **how)
        if answer.code != 0:
            raise failed(answer)
        return answer

    def run(
        self,
        *words: str,
        timeout: float | None = None,
        source: Restic | None = None,
        watch: Watcher | None = None,
        stop_on: str | None = None,
        most: float = math.inf,
        patterns: str | None = None,
        keep: bool = True,
    ) -> Answer:
        """Run restic to its end.

        ``source``: the repository to copy from. ``watch`` gets each JSON line; ``keep``: whether
        the answer keeps them too. ``stop_on``: end restic when it says so. ``most``: and when it
        has read more bytes than that, of files that grow under its eyes. ``patterns``: text for
        the file that ``{patterns}`` stands for in the words. Without progress for
        ``GIVE_UP_SECONDS`` while it repeats requests, or after ``timeout`` seconds, restic is
        interrupted.
        """
        with (
            _secret(self.password) as own,
            _secret(source.password if source else None) as other,
            _secret(patterns) as listed,
        ):
            command = ["setpriv", "--pdeathsig", "INT", *self._account(), "restic"]
            command += ["-r", self.location, "--password-file", _fd(own), *self.options]
            if source:
                command += ["--from-repo", source.location, "--from-password-file", _fd(other)]
                command += source.options
            command += ["--cache-dir", str(paths.CACHE)] if self.cached else ["--no-cache"]
            command += [word.replace("{patterns}", _fd(listed)) for word in words]
            handles = [one for one in (own, other, listed) if one is not None]
            process = _Process(command, [*handles, *locks.held()], keep=keep)
            return process.talk(timeout, watch, stop_on, most)

    def _account(self) -> list[str]:
        if self.uid == 0:
            return []
        return [f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups"]


class _Process:
    """A running restic, its two outputs read side by side."""

    def __init__(self, command: Sequence[str], handles: Sequence[int], *, keep: bool) -> None:
        self.keep = keep
        self.lines: list[str] = []
        self.broken: Exception | None = None  # why nobody reads on
        self.errors: list[str] = []
        self.moved = time.monotonic()
        self.done = -1.0
        self.retrying = False
        self.stopped = False
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                pass_fds=handles,
                env={
                    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                    "HOME": "/root",
                    "LANG": "C.UTF-8",
                    "RESTIC_PROGRESS_FPS": "0.5",
                },
            )
        except FileNotFoundError:
            raise BackupError("restic is not installed") from None

    def talk(
        self,
        timeout: float | None,
        watch: Watcher | None,
        stop_on: str | None,
        most: float = math.inf,
    ) -> Answer:
        readers = [
            threading.Thread(target=self._read_lines, args=(watch,), daemon=True),
            threading.Thread(target=self._read_errors, args=(stop_on,), daemon=True),
        ]
        for one in readers:
            one.start()
        limit = None if timeout is None else time.monotonic() + timeout
        try:
            while self.process.poll() is None:
                now = time.monotonic()
                stuck = self.retrying and now - self.moved > GIVE_UP_SECONDS
                late = limit is not None and now > limit
                if self.broken:
                    self.end()
                if stuck or late:
                    self.errors.append("operation timed out\n" if late else "")
                    self.end()
                if self.done > most:
                    self.errors.append(f"{ENDLESS}\n")
                    self.end()
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(0.2)
        finally:
            self.end()
            for one in readers:
                one.join(5)
        if self.broken:
            raise self.broken
        return Answer(self.process.returncode, "".join(self.lines), "".join(self.errors))

    def end(self) -> None:
        """Interrupt, so that restic removes its lock; kill what does not listen."""
        for number, patience in ((signal.SIGINT, 10), (signal.SIGKILL, 10)):
            if self.process.poll() is None:
                self.process.send_signal(number)
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(patience)

    def _read_lines(self, watch: Watcher | None) -> None:
        """To the end; restic would wait for ever for a reader that has stumbled."""
        try:
            self._read(watch)
        except Exception as error:
            self.broken = error

    def _read(self, watch: Watcher | None) -> None:
        assert self.process.stdout  # noqa: S101
        left = MOST_KEPT
        while line := self.process.stdout.readline(left + 1):
            if len(line) > left:
                raise Unjudged("restic's answer has no end")
            message = parsed(line)
            if self.keep and message.get("message_type") != "status":
                self.lines.append(line)
                left -= len(line)
            done = message.get("bytes_done", message.get("bytes_restored", 0))
            if message.get("message_type") != "status" or done != self.done:
                self.moved, self.done = time.monotonic(), done
            if watch and message:
                watch(message)

    def _read_errors(self, stop_on: str | None) -> None:
        assert self.process.stderr  # noqa: S101
        while line := self.process.stderr.readline(_LINE):
            del self.errors[:-500]
            self.errors.append(line)
            self.retrying = self.retrying or "retrying after" in line
            if stop_on and stop_on in line:
                self.process.send_signal(signal.SIGINT)


def open_repository(repository: Repository, password: str, *, cached: bool = True) -> Restic:
    """restic for a declared repository on a server or in a folder.

    ``cached``: whether restic reads and fills its cache on this host's disk.
    """
    if repository.kind == "server":
        program = f"rclone.program={ssh_command(repository)}"
        return Restic("rclone:socle:", password, ("-o", program), cached=cached)
    return Restic(repository.path, password, cached=cached)


def ssh_command(repository: Repository) -> str:
    """The ssh that takes rclone's place: our key only, declared host keys only."""
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": "10",
        "GlobalKnownHostsFile": "/dev/null",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "ServerAliveCountMax": "4",
        "ServerAliveInterval": "15",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": str(paths.KNOWN_HOSTS),
    }
    words = ["ssh", "-F", "/dev/null", "-i", str(paths.KEY), "-p", str(repository.port)]
    words += [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return " ".join([*words, "-l", repository.user, repository.address])


def failed(answer: Answer) -> ResticError:
    """The error for an answer with a code other than 0."""
    output = answer.err + answer.out
    return ResticError(reason(output, answer.code), output, answer.code)


@functools.cache
def version() -> tuple[int, int]:
    """restic's version, for instance ``(0, 14)``. ``BackupError`` where it is not installed."""
    try:
        done = subprocess.run(["restic", "version"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BackupError("restic is not installed") from None
    return parse_version(done.stdout)


def parse_version(text: str) -> tuple[int, int]:
    """From what ``restic version`` prints."""
    found = re.match(r"restic (\d+)\.(\d+)", text)
    if not found:
        raise BackupError("restic does not say its version")
    return int(found[1]), int(found[2])


def parsed(line: str) -> dict[str, Any]:
    """A line of restic's, where it is JSON: a name with a line's end in it may look so."""
    try:
        found = json.loads(line) if line.startswith("{") else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def _secret(text: str | None) -> Iterator[int | None]:
    """A file in memory that only the program's children can open; None for None."""
    if text is None:
        yield None
        return
    handle = os.memfd_create("socle")
    try:
        Path(_fd(handle)).write_bytes(os.fsencode(text))  # names of files may be no UTF-8
        yield handle
    finally:
        os.close(handle)


def _fd(handle: int | None) -> str:
    return f"/proc/self/fd/{handle}"
