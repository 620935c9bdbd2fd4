"""Text of somebody else, as it may be shown: it is read, and gives no order to what shows it.

A machine, a box, a bundle or a file's name can hold anything: codes that move a terminal's cursor
or set its title, letters that turn the writing around, lines that look like ours. Each of these
characters becomes its escape in plain letters (``\\x1b``, ``\\u202e``), so that it can be seen.
The two spaces of French typography stay. What was made harmless once stays as it is.
"""

from __future__ import annotations

import json
import re
from typing import Any

_SPACES = "\u00a0\u202f"
# Letters and marks of which nothing can be seen (Unicode's Default_Ignorable_Code_Point): with
# them, two different names look alike.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_COLOUR = re.compile(r"(\x1b\[(?:[01]|(?:[01];)?[39][0-7])m)")
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # spreadsheets take the wide forms, too
_MARKUP = re.compile(r"[\\|*_`\[<&~]|^[-+=#>]")
_NUMBER = re.compile(r"^(\d+)([.)])(?=\s|$)")  # of a list


def line(text: object, most: int | None = None) -> str:
    """One line without control, format or invisible characters, cut to ``most`` characters."""
    said = str(text)
    if most is not None:
        said = said[: most + 1]  # megabytes are not read to their end
    if not _plain(said):
        said = "".join(map(_visible, said))
    return said if most is None or len(said) <= most else f"{said[:most]}…"


def block(text: object) -> str:
    """Several lines of ours, each as `line` makes it, with their tabs.

    Not for what a machine said: its newlines would make lines that look like ours.
    """
    return "\n".join("\t".join(map(line, one.split("\t"))) for one in str(text).split("\n"))


def coloured(text: object) -> str:
    """Like `block`, for lines that an engine has coloured already: colours stay, and only they."""
    parts = _COLOUR.split(str(text))
    return "".join(part if n % 2 else block(part) for n, part in enumerate(parts))


def as_json(value: Any) -> str:
    """JSON for people: what `line` would change is escaped in JSON's way, so nothing is lost."""
    lines = json.dumps(value, ensure_ascii=False, indent=2).split("\n")
    return "\n".join(one if _plain(one) else "".join(map(_json, one)) for one in lines)


def cell(text: object) -> str:
    """A cell of a table that spreadsheets open: text, never a formula."""
    said = line(text)
    return f"'{said}" if said.startswith(_FORMULA) else said


def markdown(text: object) -> str:
    """One line that stays text in Markdown."""
    entities = {"&": "&amp;", "<": "&lt;"}
    said = _MARKUP.sub(lambda sign: entities.get(sign[0], f"\\{sign[0]}"), line(text))
    return _NUMBER.sub(r"\1\\\2", said)


def _plain(text: str) -> bool:
    return text.isprintable() and not _UNSEEN.search(text)


def _visible(character: str) -> str:
    if character in _SPACES or _plain(character):
        return character
    return character.encode("unicode_escape").decode()


def _json(character: str) -> str:
    return character if _visible(character) == character else json.dumps(character)[1:-1]
