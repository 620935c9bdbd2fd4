"""Which machine answers under which name: ``known_machines``, beside the practice's known_hosts.

A line is ``HOST IDENTITY``: the identity is a salted hash of the machine's machine-id, which stays
on the machine (machine-id(5) calls it confidential). The first contact is believed and noted;
later another machine under a known name, or one machine under two names, is a `Stranger`.
"""

from __future__ import annotations

import hashlib
import re
import sys
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path

from socle.baseline import about
from socle.baseline.locks import alone_in
from socle.errors import BadPractice, Problem, SocleError, short
from socle.evidence import files

NAME = about.KNOWN
_HEADER = "# Written by Socle: which machine answers under which name. Commit this file.\n"
_LINE = re.compile(r"(?P<host>[a-z0-9][a-z0-9_-]*) (?P<identity>[0-9a-f]{32})")
_MACHINE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
NEW_ID = "rm -f /etc/machine-id /var/lib/dbus/machine-id && systemd-machine-id-setup && reboot"
NAMELESS = f"has no machine-id, so it cannot be told from another machine. There, as root: {NEW_ID}"


class Stranger(SocleError):
    """A machine that is not the one that its name means. The text says what to do."""


def identity(practice: str, machine_id: str | None) -> str | None:
    """What a machine is called in the practice with this id: 32 hexadecimal digits of a SHA-256.

    None where that is no machine-id: absent, empty, "uninitialized".
    """
    if machine_id is None or not _MACHINE_ID.fullmatch(machine_id):
        return None
    return hashlib.sha256(f"{practice} {machine_id}".encode()).hexdigest()[:32]


def read(folder: Path) -> dict[str, str]:
    """Host -> identity, as noted in the practice's folder. Raises BadPractice with the lines."""
    return {host: noted for host, (_, noted) in _entries(folder).items()}


def gone(folder: Path, hosts: Collection[str]) -> Iterator[Problem]:
    """A question for each machine that was met, and that none of ``hosts`` is any more."""
    place = short(folder)
    for host, (line, _) in _entries(folder).items():
        if host not in hosts:
            yield Problem(
                folder / NAME,
                line,
                host,
                "this host in hosts.yml: nothing is applied to it or verified there any more",
                advice=f"Taken out by mistake? git log -p {place}/hosts.yml\n"
                f"Under another name now: socle machine accept {place} NEW-NAME\n"
                f"It has left the practice: socle machine forget {place} {host}",
            )


def _entries(folder: Path) -> dict[str, tuple[int, str]]:
    """Host -> the number of its line, and its identity."""
    file = folder / NAME
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        wanted = "a file that can be read"
        raise BadPractice([Problem(file, 0, NAME, wanted, error.strerror)]) from None
    found: dict[str, tuple[int, str]] = {}
    problems = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        entry = _LINE.fullmatch(line.strip())
        if entry is None:
            wanted = "HOST and 32 hexadecimal digits, or no such line"
            problems.append(Problem(file, number, NAME, wanted, repr(line[:60])))
        elif entry["host"] in found:
            wanted = "one line a host"
            problems.append(Problem(file, number, NAME, wanted, entry["host"]))
        else:
            found[entry["host"]] = (number, entry["identity"])
    if problems:
        raise BadPractice(problems)
    return found


def accept(folder: Path, host: str, identity: str) -> None:
    """From now on ``host`` is this machine, and no other name is. Raises BadPractice, OSError."""
    with alone_in(folder):
        others = {name: one for name, one in read(folder).items() if one != identity}
        _write(folder, {**others, host: identity})


def forget(folder: Path, host: str) -> bool:
    """Whether the machine was known; it is no longer. Raises BadPractice, OSError."""
    with alone_in(folder):
        known = read(folder)
        if host not in known:
            return False
        _write(folder, {name: one for name, one in known.items() if name != host})
        return True


class KnownMachines:
    """Recognises the machines of one practice. Threads and other processes may ask at once."""

    def __init__(self, folder: Path, *, keep: bool = True) -> None:
        """``folder``: the practice's. ``keep``: note whom one meets for the first time.

        Raises as `about.identify`.
        """
        practice = about.identify(folder)
        self._folder = folder
        self._practice = practice
        self._keep = keep
        self._met: dict[str, str] = {}
        self._turn = threading.Lock()

    def meet(self, host: str, machine_id: str | None, *, local: bool = False) -> bool:
        """Whether ``host`` was met for the first time, and noted.

        ``machine_id``: as the machine has it. ``local``: it is this very computer, which may
        have several names. Raises Stranger, and BadPractice for a damaged file.
        """
        answered = identity(self._practice, machine_id)
        if answered is None and local:
            return False
        if answered is None:
            raise Stranger(f"{host} {NAMELESS}")
        with self._turn, alone_in(self._folder) if self._keep else nullcontext():
            known = {**self._met, **read(self._folder)}
            self._judge(host, answered, known, local)
            self._met[host] = answered
            if host in known or not self._keep:
                return False
            return self._note({**read(self._folder), host: answered})

    def _judge(self, host: str, answered: str, known: Mapping[str, str], local: bool) -> None:
        accept = f"socle machine accept {short(self._folder)} {host}"
        others = [name for name, one in known.items() if one == answered and name != host]
        if others and not local:
            raise Stranger(
                f"{host} is the machine that is known as {others[0]}: one machine under two names, "
                f"or a cloned disk. If it was renamed: {accept}. If one was cloned from the other, "
                f"on the newer one, as root: {NEW_ID}"
            )
        if known.get(host, answered) != answered:
            raise Stranger(
                f"{host} is another machine than the one in {short(self._folder / NAME)}: it was "
                "installed anew or replaced, or a stranger answers in its place. Once you know "
                f"which: {accept}"
            )

    def _note(self, known: Mapping[str, str]) -> bool:
        try:
            _write(self._folder, known)
        except OSError as error:
            place = short(self._folder / NAME)
            sys.stderr.write(f"{place}: a new machine is not noted: {error.strerror}\n")
            return False
        return True


def _write(folder: Path, known: Mapping[str, str]) -> None:
    lines = (f"{host} {one}\n" for host, one in sorted(known.items()))
    file = folder / NAME
    files.replace(file, (_HEADER + "".join(lines)).encode())
    file.chmod(0o644)
