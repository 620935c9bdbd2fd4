"""The Ansible side of a room's settings: defaults and argument specs, generated, never edited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from socle.baseline.model import Room

_TYPES = {"integer": "int", "string": "str", "boolean": "bool", "array": "list", "object": "dict"}
_HEADER = "---\n# Generated from settings.py by `make generate`.\n"


def generated_files(room: Room) -> Iterator[tuple[Path, str]]:
    """The room's generated files with the text that they should have."""
    yield room.folder / "defaults/main.yml", _HEADER + _dump(_defaults(room))
    yield room.folder / "meta/argument_specs.yml", _HEADER + _dump(_argument_specs(room))


def stale_files(rooms: tuple[Room, ...]) -> list[tuple[Path, str]]:
    """The generated files that are not what ``settings.py`` says now."""
    return [
        (path, text)
        for room in rooms
        for path, text in generated_files(room)
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def _defaults(room: Room) -> dict[str, Any]:
    values = room.settings().model_dump(mode="json")
    return {room.prefix + name: value for name, value in values.items()}


def _argument_specs(room: Room) -> dict[str, Any]:
    schema = room.settings.model_json_schema()
    definitions = schema.get("$defs", {})
    options = {
        room.prefix + name: _option(field, definitions, room.prefix + name in _required(schema))
        for name, field in schema["properties"].items()
    }
    purpose = (room.settings.__doc__ or "").strip()
    spec = {"short_description": purpose.splitlines()[0], "options": options}
    return {"argument_specs": {"main": spec}}


def _option(field: dict[str, Any], definitions: dict[str, Any], required: bool) -> dict[str, Any]:
    field = _resolve(field, definitions)
    option: dict[str, Any] = {"type": _TYPES.get(field.get("type", ""), "raw")}
    if required:
        option["required"] = True
    if "description" in field:
        option["description"] = " ".join(field["description"].split())
    if "enum" in field:
        option["choices"] = field["enum"]
    if option["type"] == "list":
        items = _resolve(field.get("items", {}), definitions)
        option["elements"] = _TYPES.get(items.get("type", ""), "raw")
        field = items
    if "properties" in field:
        needed = _required(field)
        option["options"] = {
            name: _option(inner, definitions, name in needed)
            for name, inner in field["properties"].items()
        }
    return option


def _resolve(field: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The field with references followed and "or null" left out."""
    if "$ref" in field:
        return {**definitions[field["$ref"].rpartition("/")[2]], **field}
    choices = [one for one in field.get("anyOf", []) if one.get("type") != "null"]
    return {**choices[0], **field} if len(choices) == 1 else field


def _required(schema: dict[str, Any]) -> set[str]:
    return set(schema.get("required", []))


class _Indented(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent lists below their key, as ansible-lint wants it."""
        super().increase_indent(flow, False)


def _dump(data: dict[str, Any]) -> str:
    return yaml.dump(data, Dumper=_Indented, sort_keys=False, allow_unicode=True, width=110)
