"""Pydantic's complaints in plain words: "a whole number from 10 to 900"."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

Place = tuple[str | int, ...]
Schema = Mapping[str, Any]
_LONGEST = 80  # characters of a value that an error shows
_NEAR = 2  # letters


@dataclass(frozen=True)
class Complaint:
    """One thing wrong inside a value. ``place`` leads to it; ``read`` is None when it is absent."""

    place: Place
    expected: str
    read: str | None


def complaints(model: type[BaseModel], error: ValidationError) -> list[Complaint]:
    """What ``error`` says about ``model``, one complaint a place."""
    root = model.model_json_schema()
    found: dict[Place, Complaint] = {}
    for detail in error.errors(include_url=False):
        place, schema = _walk(root, detail["loc"])
        kind, seen = detail["type"], shown(detail["input"])
        if kind == "missing":
            complaint = Complaint(
                place[:-1], f"the key {place[-1]} ({describe(root, schema)})", None
            )
        elif kind == "extra_forbidden":
            place = tuple(detail["loc"])
            known = list(_walk(root, place[:-1])[1].get("properties", {}))
            complaint = Complaint(place, unknown("key", str(place[-1]), known), None)
        elif kind in ("value_error", "assertion_error"):
            complaint = Complaint(place, str(detail["ctx"]["error"]), seen)
        else:
            expected = describe(root, schema)
            if kind == "string_type" and isinstance(detail["input"], bool | int | float):
                expected += " in quotes"
            complaint = Complaint(place, expected, seen)
        found.setdefault((*place, complaint.expected) if kind == "missing" else place, complaint)
    return list(found.values())


def below(complaint: Complaint) -> Complaint:
    """The same, seen from one level further in."""
    return replace(complaint, place=complaint.place[1:])


def unknown(what: str, name: str, known: list[str]) -> str:
    """What to say of a name that is not one of ``known``."""
    close = get_close_matches(name, known, n=1)
    if close:
        return f"a known {what}; did you mean {close[0]}?"
    return f"a known {what}: {', '.join(sorted(known)) or 'there is none'}"


def near(name: str, known: Iterable[str], *, itself: bool = False) -> str | None:
    """The one of ``known`` that is one or two letters away from ``name``.

    ``itself``: the name counts too, for who has brought it to its usual spelling before.
    """
    least = 0 if itself else 1
    found = [
        (letters, other) for other in known if least <= (letters := _letters(name, other)) <= _NEAR
    ]
    return min(found)[1] if found else None


def _letters(one: str, other: str) -> int:
    """How many letters have to be added, left out or replaced (Levenshtein)."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        before, row[0] = row[0], number
        for at, wanted in enumerate(other, 1):
            before, row[at] = (
                row[at],
                min(row[at] + 1, row[at - 1] + 1, before + (letter != wanted)),
            )
    return row[-1]


def shown(value: Any) -> str:
    """A value as people would write it, cut when long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def where(place: Place) -> str:
    """A path in one word: ``flows.0.ports``."""
    return ".".join(str(part) for part in place)


def describe(root: Schema, schema: Schema) -> str:
    """What a JSON schema asks for."""
    schema = _followed(root, schema)
    if "enum" in schema or "const" in schema:
        allowed = schema.get("enum") or [schema["const"]]
        return "one of: " + ", ".join(str(value) for value in allowed)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(describe(root, option) for option in schema["anyOf"]))
    simple = {"boolean": "true or false", "null": "null"}
    kinds = {
        "integer": lambda: "a whole number" + _bounds(schema),
        "number": lambda: "a number" + _bounds(schema),
        "string": lambda: _text(schema),
        "array": lambda: "a list" + _size(schema, "Items", "item") + _items(root, schema),
        "object": lambda: "a mapping" + _keys(schema),
    }
    kind = schema.get("type", "")
    return kinds[kind]() if kind in kinds else simple.get(kind, "another value")


def _text(schema: Schema) -> str:
    if "format" in schema:
        return f"a {schema['format']}"
    if "pattern" in schema:
        return f"text like {schema['pattern']}"
    return "text" + _size(schema, "Length", "character")


def _items(root: Schema, schema: Schema) -> str:
    items = schema.get("items")
    return f", each {describe(root, items)}" if items else ""


def _keys(schema: Schema) -> str:
    properties = schema.get("properties")
    return f" with {', '.join(properties)}" if properties else ""


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f", {low} or more"
    if high is not None:
        return f", {high} or less"
    if "exclusiveMinimum" in schema:
        return f" above {schema['exclusiveMinimum']}"
    return ""


def _size(schema: Schema, what: str, unit: str) -> str:
    low, high = schema.get(f"min{what}"), schema.get(f"max{what}")
    if low is not None and high is not None:
        return f" of {low} to {high} {unit}s"
    if low is not None:
        return f" of {low} {unit}{'s' if low > 1 else ''} or more"
    return f" of {high} {unit}s or less" if high is not None else ""


def _followed(root: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def _walk(root: Schema, loc: Place) -> tuple[Place, Schema]:
    """The part of ``loc`` that is a place in the data, and the schema there.

    Pydantic adds the names of union members and validators to its paths; the walk ends there.
    """
    place: list[str | int] = []
    schema = _followed(root, root)
    for part in loc:
        below = _below(root, schema, part)
        if below is None:
            break
        place.append(part)
        schema = _followed(root, below)
    return tuple(place), schema


def _below(root: Schema, schema: Schema, part: str | int) -> Schema | None:
    for option in schema.get("anyOf", [schema]):
        actual = _followed(root, option)
        if isinstance(part, int):
            if isinstance(actual.get("items"), dict):
                return actual["items"]  # type: ignore[no-any-return]
        elif part in actual.get("properties", {}):
            return actual["properties"][part]  # type: ignore[no-any-return]
        elif isinstance(actual.get("additionalProperties"), dict):
            return actual["additionalProperties"]  # type: ignore[no-any-return]
    return None
