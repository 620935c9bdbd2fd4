"""The promises of a room: ``controls.yml``."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from socle.baseline import words, yaml
from socle.baseline.model import Control, Severity
from socle.baseline.types import Kebab
from socle.errors import BadPractice, Problem

Sentence = Annotated[str, Field(min_length=3)]


class _Title(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    fr: Sentence
    en: Sentence


class _Entry(BaseModel):
    """One promise as it is written; `Control` says what the keys mean."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Kebab
    title: _Title
    theme: Sentence
    severity: Severity
    applies_to: Annotated[list[str], Field(min_length=1)]
    references: dict[str, Any]
    seed: Sentence | None = None
    verify_only: Sentence | None = None


class _File(BaseModel):
    controls: Annotated[list[_Entry], Field(min_length=1)]


def read(folder: Path, scopes: Collection[str]) -> tuple[Control, ...]:
    """The controls of the room ``folder``, whose ``applies_to`` must be among ``scopes``.

    Raises `BadPractice` with every mistake of the file.
    """
    document = yaml.read(folder / "controls.yml")
    try:
        entries = _File.model_validate({"controls": document.data}).controls
    except ValidationError as error:
        raise BadPractice(_problems(document, words.complaints(_File, error))) from None
    wanted = f"one of: {', '.join(sorted(scopes))}"
    problems = [
        words.Complaint(("controls", index, "applies_to"), wanted, scope)
        for index, entry in enumerate(entries)
        for scope in entry.applies_to
        if scope not in scopes
    ]
    if problems:
        raise BadPractice(_problems(document, problems))
    return tuple(_control(entry, folder.name) for entry in entries)


def _problems(document: yaml.Document, found: list[words.Complaint]) -> list[Problem]:
    return [
        Problem(
            document.file,
            document.line(*complaint.place[1:]),
            words.where(complaint.place),
            complaint.expected,
            complaint.read,
        )
        for complaint in found
    ]


def _control(entry: _Entry, room: str) -> Control:
    written = entry.model_dump()
    return Control(room=room, **{**written, "applies_to": tuple(entry.applies_to)})
