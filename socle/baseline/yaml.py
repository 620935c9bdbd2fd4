"""Settings files as plain data with line numbers. What is not plain data is refused.

A settings file of a practice must never run anything on the operator's computer: no Jinja, no
custom tags, no aliases (which would also hide where a value stands).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from socle.baseline import text, vault
from socle.baseline.settings import MASK
from socle.errors import BadPractice, Problem

Place = tuple[str | int, ...]
_MARKERS = ("{{", "{%", "{#")
_TAG = "tag:yaml.org,2002:"
_SCALARS = {_TAG + name for name in ("str", "int", "float", "bool", "null", "timestamp")}
_COLLECTIONS = {_TAG + "map", _TAG + "seq"}
_AS_THEY_LOOK = {
    "int": (re.compile(r"0|-?[1-9][0-9]*"), "a plain decimal number"),
    "float": (re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+"), "a plain decimal number"),
    "bool": (re.compile(r"true|false", re.IGNORECASE), "true or false"),
    "timestamp": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "a date such as 2027-05-31"),
}
"""Plain values that YAML 1.1 reads as what they look like; it reads 022 as 18, 22:30 as 1350."""
_LIKE_A_NUMBER = re.compile(r"[-+]?(0o?[0-9_]+|[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?)")
"""Plain values that YAML 1.1 reads as text, and people or YAML 1.2 as numbers: 08, 1e3, 0o22."""


@dataclass(frozen=True)
class Document:
    """A file's data, and the line (from 1) of every key and list item.

    ``encrypted``: the values come from a vault and must not be shown.
    """

    file: Path
    data: Any
    lines: Mapping[Place, int] = field(default_factory=dict)
    encrypted: bool = False

    def line(self, *place: str | int) -> int:
        """Line of the key or item at ``place``, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 0)


def read(path: Path) -> Document:
    """The data of the YAML file ``path``, decrypted when it is a vault.

    Raises `BadPractice` with every mistake of the file; the caller checks that it exists.
    """
    content = path.read_bytes()
    encrypted = vault.is_encrypted(content)
    if encrypted:
        content = vault.decrypt(path)
    reader = _Reader(path, encrypted)
    data = reader.document(content)
    if reader.problems:
        raise BadPractice(reader.problems)
    return Document(path, data, reader.lines, encrypted)


def has_jinja(text: str) -> bool:
    """Whether Ansible would take ``text`` for a template."""
    return any(marker in text for marker in _MARKERS)


class _Aliases(Composer, SafeConstructor, Resolver):
    """PyYAML's loader above a parser; keeps the places of aliases instead of following them."""

    check_event: Any  # the parser's
    get_event: Any

    def __init__(self) -> None:
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        self.aliases: list[tuple[int, str]] = []

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.get_event()
            self.aliases.append((event.start_mark.line + 1, event.anchor))
            return yaml.ScalarNode(_TAG + "null", "", event.start_mark, event.end_mark)
        return super().compose_node(parent, index)


class _Python(_Aliases, yaml.SafeLoader):
    """Says best what is wrong."""

    def __init__(self, text: str) -> None:
        yaml.SafeLoader.__init__(self, text)
        _Aliases.__init__(self)


_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML may lack libyaml


class _Fast(_Aliases, _PARSER):  # type: ignore[misc]
    """libyaml's parser, five times as fast; Ansible reads the same files with it."""

    def __init__(self, text: str) -> None:
        _PARSER.__init__(self, text)
        _Aliases.__init__(self)


class _Reader:
    """Turns one file into plain data and collects its problems."""

    def __init__(self, file: Path, encrypted: bool) -> None:
        self.file = file
        self.encrypted = encrypted
        self.problems: list[Problem] = []
        self.lines: dict[Place, int] = {}

    def document(self, content: bytes) -> Any:
        written = text.decoded(content, self.file, self.problems)
        if written is None:
            return None
        try:
            loader, nodes = _composed(written)
        except yaml.reader.ReaderError:
            self._bad(0, "file", "text without control characters")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            said = None if self.encrypted else error.problem
            self._bad(mark.line + 1 if mark else 0, "file", "valid YAML", said)
        except RecursionError:
            self._bad(0, "file", "fewer levels of nesting")
        else:
            for line, anchor in loader.aliases:
                self._bad(line, "alias", "values written out, without YAML aliases", f"*{anchor}")
            if len(nodes) > 1:
                line = nodes[1].start_mark.line + 1
                self._bad(line, "file", "one YAML document", f"{len(nodes)} documents")
            if nodes:
                self.lines[()] = nodes[0].start_mark.line + 1
                return self._value(loader, nodes[0], ())
        return None

    def _value(self, loader: _Aliases, node: Any, place: Place) -> Any:
        line = node.start_mark.line + 1
        if node.tag not in _SCALARS | _COLLECTIONS:
            self._bad(line, _where(place), "plain data without a YAML tag", node.tag)
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(loader, node, place)
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.lines[*place, index] = item.start_mark.line + 1
            return [
                self._value(loader, item, (*place, index)) for index, item in enumerate(node.value)
            ]
        return self._scalar(loader, node, place)

    def _mapping(self, loader: _Aliases, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value
            if key_node.tag != _TAG + "str":
                shown = key if isinstance(key, str) else "a list or mapping"
                self._bad(line, _where(place), 'a text key, or the key in quotes: "…"', shown)
            elif has_jinja(key):
                self._bad(line, _where(place), "a key without Jinja: settings are data", key)
            elif key in data:
                first = self.lines[*place, key]
                self._bad(line, _where((*place, key)), f"one value; line {first} sets it already")
            else:
                self.lines[*place, key] = line
                data[key] = self._value(loader, value_node, (*place, key))
        return data

    def _scalar(self, loader: _Aliases, node: Any, place: Place) -> Any:
        line = node.start_mark.line + 1
        try:
            value = loader.construct_object(node)
        except (ValueError, yaml.constructor.ConstructorError):
            self._bad(line, _where(place), "a value that exists, or text in quotes", node.value)
            return None
        if isinstance(value, str) and has_jinja(value):
            self._bad(line, _where(place), "a value without Jinja: settings are data", node.value)
        if not node.style:  # in quotes it is text, whatever it looks like
            self._judge_plain(node, value, _where(place))
        return value

    def _judge_plain(self, node: Any, value: Any, where: str) -> None:
        """Refuse a value that YAML reads as another one than people do."""
        kind, written = node.tag.removeprefix(_TAG), node.value
        if kind == "str":
            odd, wanted = bool(_LIKE_A_NUMBER.fullmatch(written)), "a plain decimal number"
        else:
            form, wanted = _AS_THEY_LOOK.get(kind, (None, ""))
            odd = form is not None and not form.fullmatch(written)
        if odd:
            expected = f"{wanted}, or text in quotes"
            if kind in ("int", "bool", "timestamp") and not self.encrypted:
                expected += f" (YAML reads {value} here)"
            self._bad(node.start_mark.line + 1, where, expected, written)

    def _bad(self, line: int, where: str, expected: str, seen: str | None = None) -> None:
        if seen is not None and self.encrypted:
            seen = MASK
        self.problems.append(Problem(self.file, line, where, expected, seen))


def _composed(written: str) -> tuple[_Aliases, list[Any]]:
    """The documents of a file; a mistake is told by the parser with the better words."""
    try:
        fast = _Fast(written)
        return fast, _nodes(fast)
    except yaml.YAMLError:
        plain = _Python(written)
        return plain, _nodes(plain)


def _nodes(loader: Any) -> list[Any]:
    found = []
    while loader.check_node():
        found.append(loader.get_node())
    return found


def _where(place: Place) -> str:
    return ".".join(str(part) for part in place) or "file"
