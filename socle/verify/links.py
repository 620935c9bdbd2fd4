"""One link a host: how commands get there, as whom, for how long, and how many were sent."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from socle.baseline.model import Host
from socle.baseline.releases import refused
from socle.verify import identity
from socle.verify.checks import Unknown, Unreachable
from socle.verify.identity import Identity
from socle.verify.questions import TIME_LIMIT, Answer, Notebook, Question, Straight, short
from socle.verify.reasons import sentence

GRACE = 10.0  # seconds more until we stop waiting for a host that should have ended it
SSH_FAILED = 255
TIMED_OUT = (124, 137)  # timeout(1): ended, killed
ENVIRONMENT = (  # the same words whatever the practice's language, the same tools for every login
    "env",
    "LC_ALL=C.UTF-8",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
)


class Link:
    """Runs commands on one host, through its one connection.

    ``executions`` counts the commands sent, the opening one included; ``identity`` is what the
    host says of itself, ``trouble`` why it cannot be asked.
    """

    def __init__(
        self, target: Host, prefix: tuple[str, ...], notebook: Notebook | None = None
    ) -> None:
        """``prefix`` starts a shell there; the whole command is added to it as its last word.

        ``notebook``: what comes first with every question.
        """
        self.target = target
        self.executions = 0
        self.identity = Identity()
        self.trouble: Unreachable | None = None
        self._prefix = prefix
        self._notebook = notebook or Straight()
        self._opened = False

    @property
    def os_name(self) -> str | None:
        """What the host calls its system."""
        return self.identity.os_name

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

    def pretend_open(self, trouble: Unreachable | None) -> None:
        """Without connecting: the notebook has the answers. ``trouble``: why it has none."""
        self._opened, self.trouble = trouble is None, trouble

    def run(self, command: str, limit: float = TIME_LIMIT, *, live: bool = False) -> Answer:
        """Run a shell command as root (as the login, where root is not to be had by sudo).

        ``limit``: seconds until the host ends it. ``live``: now, whatever was asked ahead. Raises
        Unreachable when the host cannot be asked, Unknown when the command took too long or the
        connection broke.
        """
        self.open()
        question = Question(self.target.name, "command", command, limit)
        return self._notebook.ask(question, lambda: self._run(command, limit), live=live)

    def feed(self, command: str, data: bytes, limit: float) -> bytes:
        """What a command as root prints that reads ``data``; as much as came within ``limit``.

        The first line that it reads may be a password that sudo did not ask for. Raises
        Unreachable like `run`.
        """
        self.open()
        self.executions += 1
        words = [*self._prefix, self._as_root(command, limit, stdin="")]
        try:
            done = subprocess.run(
                words,
                input=self._password() + data,
                capture_output=True,
                timeout=limit + GRACE,
                check=False,
            )
        except subprocess.TimeoutExpired as cut:
            return cut.stdout or b""
        return done.stdout

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
        question = Question(self.target.name, "script", text, limit)
        return self._notebook.ask(
            question, lambda: self._send(words, text.encode(), "a script", limit)
        )

    def _run(self, command: str, limit: float) -> Answer:
        answer = self._send(self._as_root(command, limit), self._password(), command, limit)
        if answer.code == SSH_FAILED and self._remote:
            self._opened = False
            self.open()
            raise Unknown(f"the connection to {self.target.name} broke at: {short(command)}")
        return answer

    @property
    def is_root(self) -> bool:
        """Whether the login itself is root: scripts then run as commands do."""
        return not self.target.connection.become and (self._remote or os.geteuid() == 0)

    @property
    def _remote(self) -> bool:
        return self.target.connection.method == "ssh"

    def _connect(self) -> None:
        key = self.target.connection.key_file
        if self._remote and key is not None and not key.is_file():
            raise Unreachable(sentence(self.target, f"its key {key} is not there"))
        command = self._as_root(identity.COMMAND, TIME_LIMIT)
        try:
            answer = self._send(command, self._password(), "", TIME_LIMIT)
        except Unknown:
            raise Unreachable(
                sentence(self.target, f"no answer within {TIME_LIMIT:g} s of its first command")
            ) from None
        if answer.code != 0:
            said = answer.stderr.decode(errors="replace") or answer.stdout.decode(errors="replace")
            refused_by_ssh = self._remote and answer.code == SSH_FAILED
            raise Unreachable(sentence(self.target, said, ssh=refused_by_ssh))
        self.identity = identity.read(answer.stdout.decode(errors="replace"))
        if self.identity.system and (reason := refused(self.identity.system)):
            raise Unreachable(sentence(self.target, reason))

    def _as_root(self, command: str, limit: float, stdin: str = "exec </dev/null\n") -> str:
        """The command, ended by the host itself after ``limit`` seconds.

        It reads nothing: a password that sudo did not ask for must not reach it.
        """
        shell = ["/bin/sh", "-c", f"{stdin}{command}"]
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
        too_long = Unknown(f"took longer than {limit:g} s and was ended: {short(command)}")
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
