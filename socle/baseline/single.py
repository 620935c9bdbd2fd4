"""A YAML file of a practice that is one pydantic model, such as evidence.yml."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from socle.baseline import words, yaml
from socle.errors import BadPractice, Problem

Model = TypeVar("Model", bound=BaseModel)


def read(file: Path, model: type[Model]) -> Model | None:
    """What the file says; None where there is none. Raises BadPractice with file and lines."""
    if not file.is_file():
        return None
    document = yaml.read(file)
    try:
        return model.model_validate(document.data or {})
    except ValidationError as error:
        raise BadPractice(
            Problem(
                file,
                document.line(*complaint.place),
                words.where(complaint.place) or file.name,
                complaint.expected,
                complaint.read,
            )
            for complaint in words.complaints(model, error)
        ) from None
