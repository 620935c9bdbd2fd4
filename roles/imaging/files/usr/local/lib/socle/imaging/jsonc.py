"""JSON as Orthanc reads it: comments, a comma too many, ``${VARIABLE}`` in place of a value."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .errors import Trouble

_TOKEN = re.compile(
    r"(?P<space>\s+|//[^\n]*|/\*.*?\*/)"
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<mark>[{}\[\],:])"
    r"|(?P<word>\$\{[^}]*\}|[-+.\w]+)",
    re.DOTALL,
)
_DEEPEST = 100  # a settings file is flat: whatever is deeper is no such file


class Raw(str):
    """A bare ``${VARIABLE}``, which Orthanc replaces before it reads the file."""

    __slots__ = ()


@dataclass(frozen=True)
class Member:
    """A key of the outermost object; its value stands in ``text[start:end]``."""

    key: str
    value: Any
    start: int
    end: int


def members(text: str) -> list[Member]:
    """The keys of the outermost object, in the file's order.

    Raises:
        Trouble: the text is no JSON object; says the line.
    """
    return _Reader(text).root()


def dump(value: Any, indent: int = 0) -> str:
    """A value as text; lines after the first begin ``indent`` spaces further in."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict) and value:
        rows = [f"{json.dumps(key)}: {dump(one, indent + 2)}" for key, one in value.items()]
        opening, closing = "{", "}"
    elif isinstance(value, list) and value:
        rows, opening, closing = [dump(one, indent + 2) for one in value], "[", "]"
    else:
        return json.dumps(value)
    space = " " * indent
    inside = ",\n".join(f"{space}  {row}" for row in rows)
    return f"{opening}\n{inside}\n{space}{closing}"


def replaced(text: str, member: Member, value: Any) -> str:
    """``text`` with another value for ``member``; everything else stands as it was."""
    return text[: member.start] + dump(value, indent=2) + text[member.end :]


class _Reader:
    """Reads one text; ``at`` is the token that comes next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[re.Match[str]] = []
        self.at = 0
        position = 1 if text.startswith("\ufeff") else 0
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None:
                raise self.bad(position)
            if found.lastgroup != "space":
                self.tokens.append(found)
            position = found.end()

    def root(self) -> list[Member]:
        found: list[Member] = []
        self.take("{")
        self.object(found, 0)
        if self.at < len(self.tokens):
            raise self.bad(self.tokens[self.at].start())
        return found

    def bad(self, position: int) -> Trouble:
        line = self.text.count("\n", 0, position) + 1
        return Trouble(f"line {line}: not the JSON that Orthanc reads")

    def next(self) -> re.Match[str]:
        if self.at == len(self.tokens):
            raise self.bad(len(self.text))
        self.at += 1
        return self.tokens[self.at - 1]

    def take(self, mark: str) -> None:
        found = self.next()
        if found.group() != mark:
            raise self.bad(found.start())

    def take_if(self, mark: str) -> bool:
        there = self.at < len(self.tokens) and self.tokens[self.at].group() == mark
        self.at += there
        return there

    def value(self, depth: int) -> Any:
        found = self.next()
        word = found.group()
        if depth > _DEEPEST:
            raise self.bad(found.start())
        if word == "{":
            return {one.key: one.value for one in self.object([], depth)}
        if word == "[":
            return self.array(depth)
        if word.startswith("${"):
            return Raw(word)
        if found.lastgroup == "mark":
            raise self.bad(found.start())
        return self.scalar(found)

    def scalar(self, found: re.Match[str]) -> Any:
        try:
            return json.loads(found.group(), strict=False, parse_constant=float)
        except ValueError:
            raise self.bad(found.start()) from None

    def object(self, into: list[Member], depth: int) -> list[Member]:
        while not self.take_if("}"):
            key = self.next()
            if key.lastgroup != "string":
                raise self.bad(key.start())
            self.take(":")
            start = self.tokens[self.at].start() if self.at < len(self.tokens) else 0
            value = self.value(depth + 1)
            end = self.tokens[self.at - 1].end()
            into.append(Member(self.scalar(key), value, start, end))
            if not self.take_if(","):
                self.take("}")
                break
        return into

    def array(self, depth: int) -> list[Any]:
        found = []
        while not self.take_if("]"):
            found.append(self.value(depth + 1))
            if not self.take_if(","):
                self.take("]")
                break
        return found
