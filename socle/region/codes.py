"""What a practice is called on the region's page: a code, never its name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from socle.baseline import yaml
from socle.errors import BadPractice, Problem, SocleError
from socle.evidence.files import own_folder
from socle.region.model import Head

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")  # no spreadsheet takes it for a formula
_ID = re.compile(r"[0-9a-f]{16}")
_LIKE_ID = re.compile(r"[0-9A-Fa-f]{16}")
_BYTES = 5  # 8 letters: among 5000 practices, two get the same code once in 88 000 regions


@dataclass(frozen=True)
class Entry:
    """A practice that the region expects. ``signers``: who may sign for it, besides its id's own.

    Under a practice's name it is theirs alone: any practice can call itself so.

    ``line``: where it stands in the file.
    """

    code: str
    signers: tuple[str, ...] = ()
    line: int = 0


class Codes:
    """Practice -> code: the region's own, else a keyed hash that nobody can turn round."""

    def __init__(
        self,
        key: bytes,
        given: Mapping[str, Entry] | None = None,
        vouched: Collection[str] | None = None,
    ) -> None:
        """``key``: keeps the codes the same from run to run; ``given``: see `read_codes`.

        ``vouched``: ids that have keys of their own; None where nobody looks at signatures.
        """
        self._key, self._vouched = key, vouched
        self.given = given or {}

    def of(self, practice: str, id_: str = "", *, shared: bool = False) -> str:
        """The code of a practice. ``shared``: others have its name, so only the id counts."""
        name = self.name_in(practice, id_, shared=shared)
        if name is not None:
            return self.given[name].code
        alike = _ID.fullmatch(practice)  # never the code of the practice that has this id
        owner = id_ or (f"{practice}/" if alike else practice)
        digest = hmac.digest(self._key, owner.encode("utf-8", "replace"), hashlib.sha256)
        letters = base64.b32encode(digest[:_BYTES]).decode()
        return f"C-{letters[:4]}-{letters[4:]}"

    def name_in(self, practice: str, id_: str = "", *, shared: bool = False) -> str | None:
        """Under what the region's file has a practice: its id or its name."""
        if id_ and id_ in self.given:
            return id_
        if self._named(practice, id_):
            return practice
        # A name that looks like an id could be another practice's.
        if shared or _ID.fullmatch(practice):
            return None
        entry = self.given.get(practice)
        theirs = entry is None or (self._vouched is not None and entry.signers)
        return None if theirs else practice

    def owner(self, head: Head) -> str:
        """Which practice a bundle is of.

        Its id; but whoever signs for a name in the region's file cannot choose one.
        """
        return f"{head.practice}/" if self._named(head.practice, head.id) else head.owner

    def bound(self, head: Head, signer: str) -> bool:
        """Whether the region's file lets ``signer`` sign for the bundle's practice."""
        name = head.practice if self._named(head.practice, head.id) else head.id
        return bool(name) and name in self.given and signer in self.given[name].signers

    def _named(self, practice: str, id_: str) -> bool:
        """Whether the file says who signs for the name, and the id is nobody's that is known."""
        if self._vouched is None or id_ in self._vouched or id_ in self.given:
            return False
        entry = None if _ID.fullmatch(practice) else self.given.get(practice)
        return entry is not None and bool(entry.signers)


def read_codes(path: Path) -> dict[str, Entry]:
    """The region's codes out of a YAML file: ``practice: code``, or with ``{code, signers}``.

    ``practice``: its id or its name. Raises BadPractice with every mistake: no text, a code
    twice, a code that is a practice's name.
    """
    if not path.is_file():
        raise SocleError(f"{path}: expected a file of codes, one `practice: code` a line")
    document = yaml.read(path)
    data = document.data or {}
    if not isinstance(data, dict):
        raise BadPractice([Problem(path, 0, "codes", "one `practice: code` a line")])
    problems, taken, found = [], dict[str, str](), dict[str, Entry]()
    names = {str(name).casefold() for name in data}
    for name, value in data.items():
        line = document.line(name)
        entry = _entry(value, line)
        if not str(name).strip():
            wanted = "the id or the name of a practice"
        elif _LIKE_ID.fullmatch(str(name)) and not _ID.fullmatch(str(name)):
            wanted = "a practice's id in small letters"
        elif entry is None:
            wanted = "a code in quotes (up to 32 letters, digits, dots, dashes), or {code, signers}"
        elif entry.code in taken:
            wanted = f"a code of its own; {taken[entry.code]} has this one"
        elif entry.code.casefold() in names:
            wanted = "a code that is no practice's name"
        else:
            taken[entry.code] = str(name)
            found[str(name)] = entry
            continue
        problems.append(Problem(path, line, str(name), wanted, str(value)))
    if problems:
        raise BadPractice(problems)
    return found


def _entry(value: Any, line: int) -> Entry | None:
    code, signers = value, []
    if isinstance(value, dict) and value.keys() <= {"code", "signers"}:
        code, signers = value.get("code"), value.get("signers", [])
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        return None
    if not isinstance(signers, list) or not all(isinstance(one, str) for one in signers):
        return None
    return Entry(code, tuple(signers), line)


def key_of(state: Path) -> bytes:
    """The key of the codes in the operator's folder ``state``; made at the first call, 0600.

    Raises SocleError: it cannot be read or made, or others can read it.
    """
    path = state / "codes.key"
    try:
        own_folder(state)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(32) + "\n")
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SocleError(f"{path}: expected a key that its owner alone can read: chmod 600")
        text = path.read_text().strip()
    except OSError as error:
        raise SocleError(f"{path}: {error.strerror}") from None
    if len(text) < 64:  # noqa: PLR2004 - 32 bytes; cut off, the codes would be others
        raise SocleError(f"{path}: expected the key of the codes, it is cut off: bring it back")
    return text.encode()
