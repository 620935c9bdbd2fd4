"""``practice.yml``: what a practice is called, which one it is, and in which time zone it works.

The id is made once, at random, and committed with the file. What is kept of a practice (keys,
history, known machines) goes by it, because two practices may have folders of one name.
"""

from __future__ import annotations

import re
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from socle.baseline import belongings, single
from socle.baseline.locks import alone_in
from socle.baseline.settings import matching
from socle.errors import BadPractice, SocleError, short
from socle.evidence import files

NAME = "practice.yml"
KNOWN = "known_machines"
"""Beside it: machines by a hash that is salted with the id."""
TIME_ZONE = "Europe/Paris"
ID = r"[0-9a-f]{16}"
_IN_BRACES = re.compile(r"^\s*\{", re.MULTILINE)


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):  # OSError: a folder of zones ("Europe")
        raise ValueError("a time zone such as Europe/Paris or Indian/Reunion") from None
    return text


def _shown(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("a name on one line")
    return text.strip()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    # Absent or a text: "id:" alone is a mistake.
    name: Annotated[str, AfterValidator(_shown)] = Field(default="", max_length=100)
    id: Annotated[str, matching(ID, "16 hexadecimal digits in quotes")] = Field(default="")
    time_zone: Annotated[str, AfterValidator(_zone)] = TIME_ZONE


@dataclass(frozen=True)
class About:
    """What practice.yml says, defaults filled in. ``name``: for people, else the folder's."""

    name: str
    id: str | None
    time_zone: str


def read(folder: Path) -> About:
    """What the practice in ``folder`` says of itself. Raises BadPractice."""
    written = single.read(folder / NAME, _File) or _File()
    name = written.name or folder.absolute().name
    return About(name, written.id or None, written.time_zone)


def identify(folder: Path) -> str:
    """The id of the practice in ``folder``, made now if it has none yet; stderr then says so.

    Also takes over what older versions kept under the folder's name. Raises BadPractice;
    SocleError: no such folder, it cannot be written, or another folder has the same id.
    """
    folder = folder.absolute()
    found = read(folder).id or _made(folder)
    belongings.claim(folder, found, lambda other: _id_of(other) == found)
    return found


def _id_of(folder: Path) -> str | None:
    try:
        return read(folder).id
    except (BadPractice, OSError):
        return None


def _made(folder: Path) -> str:
    file = folder / NAME
    new = secrets.token_hex(8)
    try:
        with alone_in(folder):
            there = read(folder).id
            if there is not None:  # another run was faster
                return there
            if (folder / KNOWN).exists():
                raise SocleError(
                    f"{short(file)}: expected the id that this practice had, as its machines are "
                    f"known by it (git log {NAME}); in a copy for another practice, remove {KNOWN}"
                )
            before = file.read_text(encoding="utf-8") if file.exists() else "---\n"
            line = f'id: "{new}"  # made once, never changed'
            if _IN_BRACES.search(before):
                raise SocleError(f"{short(file)}: expected a line of its own: {line}")
            text = before + ("" if before.endswith("\n") else "\n") + f"{line}\n"
            files.replace(file, text.encode())
            file.chmod(0o644)
    except OSError as error:
        raise SocleError(
            f"{short(file)}: expected to write the practice's id there, once: {error.strerror}"
        ) from None
    sys.stderr.write(f"{short(file)}: made, with the practice's own id. Commit this file.\n")
    return new
