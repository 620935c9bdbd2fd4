"""The folder of an incident: evidence that is hashed file by file, and signed once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from socle.errors import SocleError
from socle.evidence import files

EVIDENCE, SUMS = "evidence", "SHA256SUMS"


def create(place: Path, outside: Path) -> Path:
    """A new folder for its owner's eyes only. ``outside``: a checkout that must not hold it.

    Raises SocleError.
    """
    folder = place.absolute()
    if folder.resolve().is_relative_to(outside.resolve()):
        raise SocleError(f"{place}: expected a folder outside of {outside}, shared with git")
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise SocleError(f"{place}: expected a folder that does not exist yet") from None
    except OSError as error:
        raise SocleError(f"{place}: {error.strerror}") from None
    return folder


def add(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write evidence: path below evidence/ -> content. Raises SocleError."""
    below = folder / EVIDENCE
    try:
        below.mkdir(mode=0o700, exist_ok=True)
        for name, content in sorted(contents.items()):
            path = below / PurePosixPath(name)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            files.replace(path, content)
    except OSError as error:
        raise SocleError(f"{folder}: cannot be filled: {error.strerror}") from None


def seal(folder: Path, contents: Mapping[str, bytes]) -> Path:
    """Write the sums of all that was added; their path.

    Raises SocleError. Without sums the folder is not complete.
    """
    add(folder, {SUMS: sums(contents).encode()})
    return folder / EVIDENCE / SUMS


def sums(contents: Mapping[str, bytes]) -> str:
    """What ``sha256sum --check`` reads. Names have neither a backslash nor a line's end."""
    lines = (f"{hashlib.sha256(text).hexdigest()}  {name}\n" for name, text in contents.items())
    return "".join(sorted(lines, key=lambda line: line[66:]))
