"""One link a host: how commands get there, as whom, for how long, and how many were sent."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from socle.baseline.model import Host
from socle.verify.checks import Unknown, Unreachable
from socle.verify.reasons import sentence

TIME_LIMIT = 30.0  # seconds a command may take on a host
GRACE = 10.0  # seconds more until we stop waiting for a host that should have ended it
SSH_FAILED = 255
TIMED_OUT = (124, 137)  # timeout(1): ended, killed
ENVIRONMENT = (  # the same words whatever the practice's language, the same tools for every login
    "env",
    "LC_ALL=C.UTF-8",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
)


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    stdout: bytes
    stderr: bytes


class Link:
    """Runs commands on one host, through its one connection.

    ``executions`` counts the commands sent, the opening one included; ``os_name`` is what the
    host calls its system, ``trouble`` why it cannot be asked.
    """

    def __init__(self, target: Host, prefix: tuple[str, ...]) -> None:
        """``prefix`` starts a shell there; the whole command is added to it as its last word."""
        self.target = target
        self.executions = 0
        self.os_name: str | None = None
        self.trouble: Unreachable | None = None
        self._prefix = prefix
        self._opened = False

    def open(self) -> None:
        """Connect, become root, read the system's name. Raises Unreachable, then and ever after."""
        if self.trouble is not None:
            raise self.trouble
        if self._opened:
            return
        try:
            self._connect()
        except Unreachable as trouble:
            self.trouble = trouble
            raise
        self._opened = True

    def run(self, command: str, limit: float = TIME_LIMIT) -> Answer:
        """Run a shell command as root (as the login, where root is not to be had by sudo).

        ``limit``: seconds until the host ends it. Raises Unreachable when the host cannot be
        asked, Unknown when the command took too long or the connection broke.
        """
        self.open()
        answer = self._send(self._as_root(command, limit), self._password(), command, limit)
        if answer.code == SSH_FAILED and self._remote:
            self._opened = False
            self.open()
            raise Unknown(f"the connection to {self.target.name} broke at: {_short(command)}")
        return answer

    def follow(self, command: str, tell: Callable[[str], None], limit: float) -> int:
        """Run a long command as root; ``tell`` gets each line at once. Its exit code.

        What it says of errors comes among the lines. Raises Unreachable like `run`.
        """
        self.open()
        self.executions += 1
        words = [*self._prefix, self._as_root(f"{{ {command}\n}} 2>&1", limit)]
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            if process.stdin is not None and process.stdout is not None:
                process.stdin.write(self._password())
                process.stdin.close()
                for line in process.stdout:
                    tell(line.decode(errors="replace").rstrip("\n"))
        return process.returncode

    def script(self, text: str, limit: float = TIME_LIMIT) -> Answer:
        """Run a shell script from standard input, as the login: nothing of it shows in ``ps``."""
        self.open()
        words = shlex.join([*ENVIRONMENT, *_timeout(limit), "/bin/sh", "-s"])
        return self._send(words, text.encode(), "a script", limit)

    @property
    def _remote(self) -> bool:
        return self.target.connection.method == "ssh"

    def _connect(self) -> None:
        key = self.target.connection.key_file
        if self._remote and key is not None and not key.is_file():
            raise Unreachable(sentence(self.target, f"its key {key} is not there"))
        command = "cat /etc/os-release 2>/dev/null || :"
        try:
            answer = self._send(
                self._as_root(command, TIME_LIMIT), self._password(), "", TIME_LIMIT
            )
        except Unknown:
            raise Unreachable(
                sentence(self.target, f"no answer within {TIME_LIMIT:g} s of its first command")
            ) from None
        if answer.code != 0:
            said = answer.stderr.decode(errors="replace") or answer.stdout.decode(errors="replace")
            refused_by_ssh = self._remote and answer.code == SSH_FAILED
            raise Unreachable(sentence(self.target, said, ssh=refused_by_ssh))
        self.os_name = _pretty_name(answer.stdout.decode(errors="replace"))

    def _as_root(self, command: str, limit: float) -> str:
        """The command, ended by the host itself after ``limit`` seconds.

        It reads nothing: a password that sudo did not ask for must not reach it.
        """
        shell = ["/bin/sh", "-c", f"exec </dev/null\n{command}"]
        words = [*ENVIRONMENT, *_timeout(limit), *shell]
        if self._needs_sudo():
            ask = "-S" if self._password() else "-n"
            words = ["sudo", ask, "-p", "", "--", *words]
        return shlex.join(words)

    def _needs_sudo(self) -> bool:
        if not self._remote and os.geteuid() == 0:
            return False
        return self.target.connection.become

    def _password(self) -> bytes:
        """What sudo reads on standard input: never an argument, never the environment."""
        password = self.target.connection.become_password
        return f"{password}\n".encode() if password and self._needs_sudo() else b""

    def _send(self, words: str, stdin: bytes, command: str, limit: float) -> Answer:
        self.executions += 1
        too_long = Unknown(f"took longer than {limit:g} s and was ended: {_short(command)}")
        started = time.monotonic()
        try:
            done = subprocess.run(
                [*self._prefix, words],
                input=stdin,
                capture_output=True,
                timeout=limit + GRACE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise too_long from None
        if done.returncode in TIMED_OUT and time.monotonic() - started >= limit:
            raise too_long
        return Answer(done.returncode, done.stdout, done.stderr)


def ssh_prefix(target: Host, config: Path) -> tuple[str, ...]:
    """What starts a shell on a host that the generated ``config`` describes."""
    return ("ssh", "-F", str(config), "--", target.name)


LOCAL_PREFIX = ("/bin/sh", "-c")


def _timeout(limit: float) -> list[str]:
    return ["timeout", "--kill-after=2", f"{limit:g}"]


def _pretty_name(os_release: str) -> str | None:
    for line in os_release.splitlines():
        key, _, value = line.partition("=")
        if key == "PRETTY_NAME":
            return " ".join(shlex.split(value)) or None
    return None


def _short(command: str) -> str:
    line = " ".join(command.split())
    return line if len(line) <= 80 else f"{line[:79]}…"  # noqa: PLR2004 - a terminal's line
