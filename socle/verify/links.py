"""One link a host: how commands get there, as whom, for how long, and how many were sent."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from socle import bounds
from socle.baseline.connection import needs_agent
from socle.baseline.model import Host
from socle.baseline.releases import refused
from socle.errors import SocleError
from socle.messages import Message, message, verbatim
from socle.verify import identity
from socle.verify.checks import Unknown, Unreachable
from socle.verify.identity import Identity
from socle.verify.questions import TIME_LIMIT, Answer, Notebook, Question, Straight, short
from socle.verify.reasons import cannot, locked, sentence

if TYPE_CHECKING:
    from socle.baseline.known_machines import KnownMachines

GRACE = 10.0  # seconds more until we stop waiting for a host that should have ended it
SSH_FAILED = 255
STRIKES = 5  # answers beyond every limit, then the host is asked no more
MOST = 4 * bounds.LARGEST  # bytes that a host may answer in a verification
LONGEST = 600.0  # seconds that a host may take for all of its answers together
HIGHEST_CODE = 255  # of a program's end
TIMED_OUT = (124, 137)  # timeout(1): ended, killed
ENVIRONMENT = (  # the same words whatever the practice's language, the same tools for every login
    "env",
    "LC_ALL=C.UTF-8",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
)


class Link:
    """Runs commands on one host, through its one connection.

    ``executions`` counts the commands sent, the opening one included; ``identity`` is what the
    host says of itself, ``trouble`` why it cannot be asked. ``is_new``: it was met for the first
    time, and is known from now on.
    """

    def __init__(
        self,
        target: Host,
        prefix: tuple[str, ...],
        notebook: Notebook | None = None,
        known: KnownMachines | None = None,
    ) -> None:
        """``prefix`` starts a shell there; the whole command is added to it as its last word.

        ``notebook``: what comes first with every question. ``known``: who the machine has to be.
        """
        self.target = target
        self.executions = 0
        self.identity = Identity()
        self.trouble: Unreachable | None = None
        self.is_new = False
        self._known = known
        self._prefix = prefix
        self._notebook = notebook or Straight()
        self._opened = False
        self._strikes = 0
        self._heard = 0
        self._spent = 0.0

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
        except Exception as error:  # whatever it answers is its own trouble, not the others'
            strange = message("its answer is strange: {error}", error=error)
            self.trouble = Unreachable(cannot(self.target, strange))
            raise self.trouble from error
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
        Unreachable like `run`, Unknown when the answer is too large.
        """
        self.open()
        self.executions += 1
        words = [*self._prefix, self._as_root(command, limit, stdin="")]
        stdin = self._password() + data
        try:
            with self._counted():
                said = bounds.run(words, stdin=stdin, limit=self._at_most(limit)).stdout
        except bounds.TooSlow as slow:
            said = slow.said
        except bounds.TooLarge as large:
            raise Unknown(_too_large(large, command)) from None
        return bounds.after_begin(said) or b""

    def follow(self, command: str, tell: Callable[[str], None], limit: float) -> int:
        """Run a long command as root; ``tell`` gets each line at once. Its exit code.

        What it says of errors comes among the lines. ``limit``: seconds. Raises Unreachable like
        `run`, Unknown when it took too long or said too much.
        """
        self.open()
        self.executions += 1
        words = [*self._prefix, self._as_root(f"{{ {command}\n}} 2>&1", limit)]
        before: list[bytes] | None = []  # what comes before the command is told only if it fails

        def told(line: bytes) -> None:
            nonlocal before
            if before is None:
                tell(line.decode(errors="replace"))
            elif line.endswith(bounds.BEGIN.rstrip()):
                before = None
            else:
                before.append(line)

        try:
            done = bounds.follow(words, told, stdin=self._password(), limit=limit + GRACE)
        except bounds.TooSlow:
            raise self._too_long(command, limit) from None
        except bounds.TooLarge as large:
            raise Unknown(_too_large(large, command)) from None
        if before is not None or done.code == SSH_FAILED:
            stderr = bounds.after_begin(done.stderr)
            said = done.stderr if stderr is None else stderr
            for line in [*(before or ()), *said.splitlines()]:
                tell(line.decode(errors="replace"))
        return done.code

    def script(self, text: str, limit: float = TIME_LIMIT) -> Answer:
        """Run a shell script from standard input, as the login: nothing of it shows in ``ps``."""
        self.open()
        words = shlex.join([*ENVIRONMENT, *_timeout(limit), "/bin/sh", "-s"])
        question = Question(self.target.name, "script", text, limit)
        stdin = (bounds.SAY_BEGIN + text).encode()
        return self._notebook.ask(question, lambda: self._send(words, stdin, "a script", limit))

    def _run(self, command: str, limit: float) -> Answer:
        answer = self._send(self._as_root(command, limit), self._password(), command, limit)
        if answer.code == SSH_FAILED and self._remote:
            self._opened = False
            self.open()
            raise Unknown(
                message(
                    "the connection to {host} broke at: {command}",
                    host=self.target.name,
                    command=short(command),
                )
            )
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
            absent = message("its key {key} is not there", key=key)
            raise Unreachable(cannot(self.target, absent))
        command = self._as_root(identity.COMMAND, TIME_LIMIT)
        try:
            answer, begun = self._exchange(command, self._password(), "", TIME_LIMIT)
        except Unknown as trouble:
            late = isinstance(trouble.__cause__, TimeoutError)
            reason = _late() if late else verbatim(trouble.__cause__)
            raise Unreachable(cannot(self.target, reason)) from None
        if answer.code != 0:
            said = answer.stderr.decode(errors="replace") or answer.stdout.decode(errors="replace")
            refused_by_ssh = self._remote and answer.code == SSH_FAILED
            if refused_by_ssh and key is not None and "Permission denied" in said and locked(key):
                raise Unreachable(cannot(self.target, verbatim(needs_agent(key))))
            raise Unreachable(sentence(self.target, said, ssh=refused_by_ssh))
        if not begun:
            strange = message(
                "it does not run what it is asked, but answers: {said}",
                said=short(_text(answer.stdout)) or Message("nothing"),
            )
            raise Unreachable(cannot(self.target, strange))
        self.identity = identity.read(answer.stdout.decode(errors="replace"))
        if self.identity.system and (too_old := refused(self.identity.system)):
            raise Unreachable(cannot(self.target, verbatim(too_old)))
        self._recognise()

    def _recognise(self) -> None:
        """Refuse a machine that is not the one that this name means."""
        if self._known is None:
            return
        name, seen = self.target.name, self.identity.machine_id
        try:
            self.is_new = self._known.meet(name, seen, local=not self._remote) or self.is_new
        except SocleError as stranger:
            raise Unreachable(verbatim(stranger)) from None

    def _as_root(self, command: str, limit: float, stdin: str = "exec </dev/null\n") -> str:
        """The command, ended by the host itself after ``limit`` seconds.

        It reads nothing: a password that sudo did not ask for must not reach it.
        """
        shell = ["/bin/sh", "-c", f"{bounds.SAY_BEGIN}{stdin}{command}"]
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
        answer, begun = self._exchange(words, stdin, command, limit)
        if not begun and answer.code != SSH_FAILED:
            raise Unknown(
                message(
                    "{host} did not run: {command} ({said})",
                    host=self.target.name,
                    command=short(command),
                    said=short(_text(answer.stderr or answer.stdout)) or Message("it said nothing"),
                )
            )
        return answer

    def _exchange(
        self, words: str, stdin: bytes, command: str, limit: float
    ) -> tuple[Answer, bool]:
        """The answer, without what others said before it, and whether the command was run."""
        self.executions += 1
        started = time.monotonic()
        try:
            with self._counted():
                done = bounds.run([*self._prefix, words], stdin=stdin, limit=self._at_most(limit))
        except bounds.TooSlow as slow:
            self._strike()
            raise self.trouble or self._too_long(command, limit) from slow
        except bounds.TooLarge as large:
            self._strike()
            raise Unknown(_too_large(large, command)) from large
        self._heard += len(done.stdout) + len(done.stderr)
        if self._heard > MOST:
            self._give_up(
                message("its answers are larger than {most} MiB together", most=MOST >> 20)
            )
        if done.code in TIMED_OUT and time.monotonic() - started >= limit:
            raise self._too_long(command, limit) from TimeoutError()
        stdout, stderr = (bounds.after_begin(said) for said in (done.stdout, done.stderr))
        if stdout is None:
            return Answer(*done), False
        return Answer(done.code, stdout, done.stderr if stderr is None else stderr), True

    def _at_most(self, limit: float) -> float:
        """Seconds to wait for an answer that the host should end after ``limit``."""
        return max(0.0, min(limit + GRACE, LONGEST - self._spent))

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Count the time of an answer. Many that are each in time could take half an hour."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._spent += time.monotonic() - started
            if self._spent >= LONGEST:
                self._give_up(
                    message(
                        "its answers take longer than {minutes} minutes together",
                        minutes=f"{LONGEST / 60:g}",
                    )
                )

    def _strike(self) -> None:
        """A host that keeps no limit would otherwise hold up the others for hours."""
        self._strikes += 1
        if self._strikes == STRIKES:
            self._give_up(
                message(
                    "{times} times its answer was too large, or not there in time", times=STRIKES
                )
            )

    def _give_up(self, reason: Message) -> None:
        self.trouble = Unreachable(cannot(self.target, reason))

    @staticmethod
    def _too_long(command: str, limit: float) -> Unknown:
        return Unknown(
            message(
                "took longer than {seconds} s and was ended: {command}",
                seconds=f"{limit:g}",
                command=short(command),
            )
        )


def _late() -> Message:
    return message("no answer within {seconds} s of its first command", seconds=f"{TIME_LIMIT:g}")


def _too_large(large: bounds.TooLarge, command: str) -> Message:
    return message("{trouble}: {command}", trouble=large, command=short(command))


def ssh_prefix(target: Host, config: Path) -> tuple[str, ...]:
    """What starts a shell on a host that the generated ``config`` describes."""
    return ("ssh", "-F", str(config), "--", target.name)


LOCAL_PREFIX = ("/bin/sh", "-c")


def _timeout(limit: float) -> list[str]:
    return ["timeout", "--kill-after=2", f"{limit:g}"]


def _text(said: bytes) -> str:
    return said[:1000].decode(errors="replace")
