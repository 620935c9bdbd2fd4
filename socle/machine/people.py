"""Who has an account on a machine, and what PAM asks of them: one command (``people.sh``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from socle.machine import programs
from socle.machine.pam import Pam
from socle.machine.sections import split

PROGRAM = programs.shell(Path(__file__).parent / "people.sh")
SECONDS = 60
LONGEST = 200  # characters of a line that could not be read
EMPTY, LOCKED = "empty", "locked"


@dataclass(frozen=True)
class Account:
    """An account. ``password``: ``empty``, ``locked`` or ``set``."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str
    password: str


@dataclass(frozen=True)
class People:
    """A machine's accounts and groups, and its PAM. ``unread``: lines that are neither."""

    accounts: tuple[Account, ...]
    groups: Mapping[str, frozenset[str]]
    pam: Pam
    unread: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> People:
        """Read an answer. Raises ValueError where it is not whole."""
        sections = split(text, "accounts")
        if not sections.get("passwd") or not sections.get("shadow"):
            raise ValueError("the answer about accounts names none")
        unread: list[str] = []
        shadow: dict[str, str] = {}
        for name, state in _rows(sections["shadow"], 2, unread):
            shadow.setdefault(name, state)  # the first line of a name counts
        accounts = tuple(_accounts(sections["passwd"], shadow, unread))
        groups = dict(_groups(sections.get("group", ""), accounts, unread))
        return cls(accounts, groups, Pam.of(sections.get("pam", "")), tuple(unread))

    @property
    def without_password(self) -> list[Account]:
        """The accounts that have no password at all."""
        return [one for one in self.accounts if one.password == EMPTY]


def ask(host: Any) -> People:
    """Ask a host once. Raises ValueError where its answer is not whole."""
    return People.of(PROGRAM.run(host, "socle", timeout=SECONDS).stdout)


def _accounts(text: str, shadow: Mapping[str, str], unread: list[str]) -> Iterator[Account]:
    for name, state, uid, gid, home, shell in _rows(text, 6, unread):
        if not (uid.isascii() and uid.isdigit() and gid.isascii() and gid.isdigit()):
            unread.append(name[:LONGEST])
            continue
        password = shadow.get(name, LOCKED) if state == "shadow" else state
        yield Account(name, int(uid), int(gid), home, shell, password)


def _groups(
    text: str, accounts: Iterable[Account], unread: list[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Each group with its members: those that it lists, and those whose first group it is."""
    primary: dict[str, set[str]] = {}
    for account in accounts:
        primary.setdefault(str(account.gid), set()).add(account.name)
    for name, gid, members in _rows(text, 3, unread):
        yield name, frozenset(filter(None, members.split(","))) | primary.get(gid, set())


def _rows(text: str, count: int, unread: list[str]) -> Iterator[list[str]]:
    for line in filter(None, text.split("\n")):
        words = line.split(":")
        if len(words) == count:
            yield words
        else:
            unread.append(line[:LONGEST])
