"""The generated pages of the documentation: the catalogue of controls, the settings reference.

Pure: rooms in, Markdown out. What severities, groups and references are called comes from whoever
asks (`socle.report.labels`), so that pages and reports use the same names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import yaml
from pydantic import BaseModel

from socle.baseline import words
from socle.baseline.connection import ConnectionSettings
from socle.baseline.model import Control, Room
from socle.baseline.settings import (
    Direction,
    Keyed,
    Ordered,
    RoomSettings,
    Stricter,
    direction,
    is_secret,
)

Pairs = Mapping[str, tuple[str, str]]  # key -> (French, English)

_HEADER = "<!-- Generated from the rooms by `make generate`. -->"
_TITLES: Pairs = {
    "page": ("Les promesses", "The controls"),
    "intro": (
        "Une promesse est une règle de protection, mesurée sur chaque machine qu'elle concerne. "
        "Son identifiant ne change pas ; les référentiels sont des références, jamais son nom.",
        "A control is one promise, measured on every machine that it concerns. Its identifier is "
        "stable; benchmarks are references of a control, never its name.",
    ),
    "room": ("Domaine", "Room"),
    "id": ("Identifiant", "Identifier"),
    "severity": ("Gravité", "Severity"),
    "machines": ("Machines", "Machines"),
    "references": ("Références", "References"),
    "seed": ("Répond à", "Answers"),
    "verify_only": ("Vérifiée sans être appliquée", "Verified, not enforced"),
    "sources": ("Sources", "Sources"),
}
_FREELY = "choose freely"
_TOWARDS = {
    "lower": "lower it",
    "higher": "raise it",
    "true": "switch it on",
    "false": "switch it off",
    "subset": "leave members out",
    "superset": "add members",
}


class Labels(Protocol):
    """What keys are called on a page, typeset: `socle.report.labels.Labels`."""

    @property
    def references(self) -> Mapping[str, object]:
        """The documents that have a name."""

    def label(self, pairs: Pairs, key: str, language: str) -> str:
        """Look a name up."""

    def severity(self, key: str, language: str) -> str:
        """Name a severity."""

    def document(self, key: str, language: str) -> str:
        """Name a document in full."""

    def group_name(self, group: str, language: str) -> str:
        """Name a group of machines."""

    def reference(self, key: str, value: Any, language: str) -> str:
        """Say a reference in short."""


def controls_page(rooms: Iterable[Room], language: str, labels: Labels) -> str:
    """The catalogue of controls in ``language`` ("fr" or "en"), room by room."""
    found = tuple(rooms)
    blocks = [
        _HEADER,
        f"# {labels.label(_TITLES, 'page', language)}",
        labels.label(_TITLES, "intro", language),
    ]
    for room in found:
        blocks.append(f"## {labels.label(_TITLES, 'room', language)} `{room.name}`")
        for control in room.controls:
            blocks += _control(control, language, labels)
    cited = {key for room in found for control in room.controls for key in control.references}
    known = [key for key in labels.references if key in cited]
    if known:
        blocks.append(f"## {labels.label(_TITLES, 'sources', language)}")
        lines = (f"- {labels.document(key, language)}" for key in known)
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _control(control: Control, language: str, labels: Labels) -> Iterator[str]:
    title = {control.id: (control.title["fr"], control.title["en"])}
    between = " ; " if language == "fr" else "; "
    yield f"### {labels.label(title, control.id, language)}"
    rows = {
        "id": f"`{control.id}`",
        "severity": labels.severity(control.severity, language),
        "machines": ", ".join(labels.group_name(name, language) for name in control.applies_to),
        "references": between.join(
            labels.reference(key, value, language) for key, value in control.references.items()
        ),
        "seed": f"« {control.seed} »" if control.seed else "",
        "verify_only": control.verify_only or "",
    }
    yield "\n".join(_line(key, text, language, labels) for key, text in rows.items() if text)


def _line(key: str, text: str, language: str, labels: Labels) -> str:
    french, english = _TITLES[key]
    line = {key: (f"- {french} : {text}", f"- {english}: {text}")}
    return labels.label(line, key, language)


def settings_page(rooms: Iterable[Room]) -> str:
    """The settings reference, in English: every variable that people may set."""
    blocks = [
        _HEADER,
        "# Settings",
        "Layers set these values, the weakest first: the room's default, the region "
        "(`group_vars/`), the practice (`hosts.yml`, its `group_vars/`, its `host_vars/`). A later "
        "layer of a practice may do what the column *Without a waiver* says; anything weaker takes "
        "a waiver. `socle show PRACTICE` lists the values in force and who set them.",
    ]
    for room in rooms:
        blocks += [f"## Room `{room.name}`", _first_paragraph(room.settings)]
        blocks += _tables(room.settings, room.prefix)
    blocks += [
        "## How a host is reached",
        "In `hosts.yml`, or the practice's `group_vars/` and `host_vars/`; the region may not set "
        "these.",
        *_tables(ConnectionSettings, ""),
    ]
    return "\n\n".join(blocks) + "\n"


def _first_paragraph(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").strip().partition("\n\n")[0].split())


def _tables(model: type[RoomSettings], prefix: str) -> Iterator[str]:
    """The model's settings, then the keys of the entries where a setting is a keyed list."""
    schema = model.model_json_schema()
    rows, entries = [], []
    for name, field in schema["properties"].items():
        info = model.model_fields[name]
        mark = direction(info)
        default = "" if info.is_required() else _value(field.get("default"))
        rows.append(
            (
                f"`{prefix}{name}`",
                _kind(schema, field, secret=is_secret(info)),
                default,
                _may(mark),
                _description(field),
            )
        )
        if isinstance(mark, Keyed):
            entries += [f"An entry of `{prefix}{name}`:", _entry_table(schema, field)]
    yield _table(("Setting", "Value", "Default", "Without a waiver", "Meaning"), rows)
    yield from entries


def _entry_table(schema: words.Schema, field: words.Schema) -> str:
    reference: str = field["items"]["$ref"]
    entry = schema["$defs"][reference.rpartition("/")[2]]
    needed = entry.get("required", ())
    rows = [
        (
            f"`{name}`",
            _kind(schema, inner),
            "required" if name in needed else _value(inner.get("default")),
            _description(inner),
        )
        for name, inner in entry["properties"].items()
    ]
    return _table(("Key", "Value", "Default", "Meaning"), rows)


def _kind(schema: words.Schema, field: words.Schema, *, secret: bool = False) -> str:
    text = words.describe(schema, field).removesuffix(" or null")
    return f"{text}; secret: in `secrets.yml` only" if secret else text


def _may(mark: Direction | None) -> str:
    if isinstance(mark, Keyed):
        return f"add entries; each has its own `{mark.by}`"
    if isinstance(mark, Ordered):
        return f"move to the right: {', '.join(str(word) for word in mark.order)}"
    return _TOWARDS[mark.towards] if isinstance(mark, Stricter) else _FREELY


def _description(field: words.Schema) -> str:
    return " ".join(str(field.get("description", "")).split())


def _value(value: Any) -> str:
    """A default as people would write it in a settings file."""
    if value is None:
        return "not set"
    text = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=float("inf")
    )
    plain = text.removesuffix("...\n").strip()
    return f"`{plain}`"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    ruled = [headings, ["---"] * len(headings), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in ruled
    )
