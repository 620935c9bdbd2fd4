"""Variables: what people may set, flat and prefixed, each with its type and direction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from socle.baseline import words
from socle.baseline.model import Room
from socle.baseline.settings import (
    Direction,
    Keyed,
    Neutral,
    RoomSettings,
    direction,
    is_secret,
)


class BadValue(Exception):
    """A value that does not fit its variable."""

    def __init__(self, complaints: list[words.Complaint]) -> None:  # noqa: D107
        super().__init__(complaints)
        self.complaints = complaints


@dataclass(frozen=True)
class Variable:
    """A setting under the name that people write: ``screen_lock_idle_seconds``."""

    name: str
    field: str
    room: Room | None  # None: how to reach the host (ansible_host and its like)
    direction: Direction
    secret: bool
    model: type[BaseModel]  # with the one field "value"

    @property
    def key(self) -> str | None:
        """The field by which layers merge the entries, where they do."""
        return self.direction.by if isinstance(self.direction, Keyed) else None

    def check(self, value: Any) -> Any:
        """``value`` as plain data with all defaults filled in; raises `BadValue`."""
        try:
            found = self.model.model_validate_json(json.dumps({"value": value}, default=str))
        except ValidationError as error:
            complaints = words.complaints(self.model, error)
            raise BadValue([words.below(complaint) for complaint in complaints]) from None
        checked = found.model_dump(mode="json")["value"]
        if self.key is not None:
            _refuse_repetition(checked, self.key)
        return checked


def catalogue(rooms: Iterable[Room], connection: type[RoomSettings]) -> Mapping[str, Variable]:
    """Every variable that a practice or the region may set, by name."""
    found = {name: _variable(name, name, None, connection) for name in connection.model_fields}
    for room in rooms:
        for field in room.settings.model_fields:
            name = room.prefix + field
            found[name] = _variable(name, field, room, room.settings)
    return found


def _variable(name: str, field: str, room: Room | None, model: type[RoomSettings]) -> Variable:
    info = model.model_fields[field]
    return Variable(
        name, field, room, direction(info) or Neutral(), is_secret(info), _alone(model, field)
    )


@cache
def _alone(model: type[RoomSettings], field: str) -> type[BaseModel]:
    """A model that judges one field of ``model`` and nothing around it."""
    info = model.model_fields[field]
    config = ConfigDict(strict=True, allow_inf_nan=False)
    return create_model("Value", __config__=config, value=(info.annotation or Any, info))


def _refuse_repetition(entries: list[Mapping[str, Any]], key: str) -> None:
    seen: set[Any] = set()
    complaints = []
    for index, entry in enumerate(entries):
        if entry[key] in seen:
            wanted = f"each {key} once in a file"
            complaints.append(words.Complaint((index, key), wanted, words.shown(entry[key])))
        seen.add(entry[key])
    if complaints:
        raise BadValue(complaints)
