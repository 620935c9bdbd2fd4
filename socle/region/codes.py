"""What a practice is called on the region's page: a code, never its name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from socle.baseline import yaml
from socle.errors import BadPractice, Problem, SocleError

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")  # no spreadsheet takes it for a formula
_BYTES = 5  # 8 letters: among 5000 practices, two get the same code once in 88 000 regions


class Codes:
    """Practice -> code: the region's own, else a keyed hash that nobody can turn round."""

    def __init__(self, key: bytes, given: Mapping[str, str] | None = None) -> None:
        """``key``: keeps the codes the same from run to run; ``given``: see `read_codes`."""
        self._key = key
        self._given = given or {}

    def of(self, practice: str) -> str:
        """The code of a practice."""
        if practice in self._given:
            return self._given[practice]
        digest = hmac.digest(self._key, practice.encode("utf-8", "replace"), hashlib.sha256)
        letters = base64.b32encode(digest[:_BYTES]).decode()
        return f"C-{letters[:4]}-{letters[4:]}"


def read_codes(path: Path) -> dict[str, str]:
    """The region's codes out of a YAML file, ``practice: code`` a line.

    Raises BadPractice with every mistake: no text, a code twice, a code that is a practice's name.
    """
    if not path.is_file():
        raise SocleError(f"{path}: expected a file of codes, one `practice: code` a line")
    document = yaml.read(path)
    data = document.data or {}
    if not isinstance(data, dict):
        raise BadPractice([Problem(path, 0, "codes", "one `practice: code` a line")])
    problems, taken = [], dict[str, str]()
    names = {str(name).casefold() for name in data}
    for name, code in data.items():
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            wanted = "a code in quotes: up to 32 letters, digits, dots, dashes"
        elif code in taken:
            wanted = f"a code of its own; {taken[code]} has this one"
        elif code.casefold() in names:
            wanted = "a code that is no practice's name"
        else:
            taken[code] = str(name)
            continue
        problems.append(Problem(path, document.line(name), str(name), wanted, str(code)))
    if problems:
        raise BadPractice(problems)
    return {name: code for code, name in taken.items()}


def key_of(state: Path) -> bytes:
    """The key of the codes in the operator's folder ``state``; made at the first call, 0600.

    Raises SocleError: it cannot be read or made, or others can read it.
    """
    path = state / "codes.key"
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
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
