"""The text of a practice's file; what damage leaves behind is named by its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from socle.errors import Problem

_HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Control characters other than tabs and ends of lines; a power cut leaves NULs."""
_CONFLICT = re.compile(r"(<<<<<<<|=======|>>>>>>>|\|\|\|\|\|\|\|)( |$)")
"""What git writes where two people changed the same lines."""


def decoded(content: bytes, file: Path, problems: list[Problem]) -> str | None:
    """``content`` as text; None where it is none, and ``problems`` says why, with the line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        problems.append(Problem(file, line, "file", "text in UTF-8"))
        return None
    found = list(_damage(text, file))
    problems.extend(found)
    return None if found else text


def _damage(text: str, file: Path) -> Iterator[Problem]:
    hidden = _HIDDEN.search(text)
    if hidden:
        line = text.count("\n", 0, hidden.start()) + 1
        yield Problem(file, line, "file", "text without control characters")
    if "<<<<<<<" not in text and ">>>>>>>" not in text:
        return
    for number, written in enumerate(text.split("\n"), 1):
        mark = _CONFLICT.match(written)
        if mark:
            yield Problem(file, number, "file", "one version, the other one deleted", mark[1])
