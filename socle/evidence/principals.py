"""Whom a key vouches for: the principal of a line in ``allowed_signers``.

``practice:ID/WHO`` is a person who signs for a practice and all its machines, ``machine:ID/HOST``
a machine that signs for itself alone. ID is the ``id`` of practice.yml, so two practices with one
folder name never vouch for each other. Lines that older versions wrote are any other text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PRINCIPALS = re.compile(r'[ \t]*(?:"(?P<quoted>[^"]*)"|(?P<plain>[^#\s]\S*))')
_FORM = re.compile(r"(?P<kind>practice|machine):(?P<id>[0-9a-f]{16})/(?P<name>[^/\s]+)")


@dataclass(frozen=True)
class Vouched:
    """For which ``practice`` (its id) a key stands. Exactly one of the other two is there.

    ``who``: the person who signs. ``host``: the machine that signs for itself.
    """

    practice: str
    who: str | None
    host: str | None


def of_practice(practice: str, who: str) -> str:
    """The principal of a person who signs for the practice with this id."""
    return f"practice:{practice}/{who}"


def of_machine(practice: str, host: str) -> str:
    """The principal of a machine of the practice with this id."""
    return f"machine:{practice}/{host}"


def parse(principal: str) -> Vouched | None:
    """What the principal says; None: it names no id, as those of older versions."""
    found = _FORM.fullmatch(principal)
    if found is None:
        return None
    person = found["kind"] == "practice"
    name = found["name"]
    return Vouched(found["id"], name if person else None, None if person else name)


def practices(signers: str) -> frozenset[str]:
    """The ids for which somebody may sign, by the text of an allowed_signers file."""
    lines = filter(None, map(_PRINCIPALS.match, signers.splitlines()))
    names = (name for line in lines for name in (line["quoted"] or line["plain"] or "").split(","))
    return frozenset(vouched.practice for name in names if (vouched := parse(name)))


def all_machines(signer: str) -> bool:
    """Whether each of the names in ``signer`` ("a,b", as OpenSSH has it) is a machine's."""
    return all((found := parse(name)) and found.host for name in signer.split(","))
