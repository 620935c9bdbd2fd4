"""Directions of strictness, and the settings classes of the real rooms."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import ValidationError

from socle.baseline import load, rooms
from socle.baseline.settings import (
    BadSetting,
    BadSettings,
    Direction,
    RoomSettings,
    direction,
    fields_without_direction,
    generated_secrets,
    is_weaker,
    keyed,
    matching,
    neutral,
    stricter,
)

CHECKOUT = Path(__file__).parents[2]
LEVEL = stricter(order=("weak", "medium", "strict"))


@pytest.mark.parametrize(
    ("marker", "above", "value", "weaker"),
    [
        (stricter("lower"), 30, 30, False),
        (stricter("lower"), 30, 29, False),
        (stricter("lower"), 30, 31, True),
        (stricter("higher"), 8, 12, False),
        (stricter("higher"), 8, 7, True),
        (stricter("true"), True, False, True),
        (stricter("true"), False, True, False),
        (stricter("false"), False, True, True),
        (stricter("false"), True, False, False),
        (stricter("subset"), ["a", "b"], ["a"], False),
        (stricter("subset"), ["a", "b"], [], False),
        (stricter("subset"), ["a", "b"], ["b", "a"], False),
        (stricter("subset"), ["a", "b"], ["a", "c"], True),
        (stricter("superset"), ["a"], ["a", "b"], False),
        (stricter("superset"), ["a", "b"], ["a"], True),
        (stricter("superset"), {"k": 1}, {"k": 1, "l": 2}, False),
        (stricter("superset"), {"k": 1}, {"k": 2}, True),
        (stricter("subset"), [{"n": 1}], [{"n": 1}, {"n": 2}], True),
        (LEVEL, "medium", "strict", False),
        (LEVEL, "medium", "weak", True),
        (neutral(), 1, 2, False),
        (keyed("name"), [{"name": "a"}], [{"name": "a"}, {"name": "b"}], False),
        (keyed("name"), [{"name": "a"}], [{"name": "b"}], True),
        (stricter("lower"), None, 30, False),
        (stricter("lower"), 30, None, True),
    ],
)
def test_is_weaker(marker: Direction, above: Any, value: Any, weaker: bool) -> None:
    assert is_weaker(marker, above, value) is weaker


@pytest.mark.parametrize("arguments", [{}, {"towards": "lower", "order": ("a",)}])
def test_stricter_takes_one_direction(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        stricter(**arguments)


class Example(RoomSettings):
    """A class with a forgotten direction."""

    here: Annotated[int, stricter("lower")] = 1
    """What it is."""
    forgotten: int = 2
    text: Annotated[str, matching(r"[a-z]+", "lower-case letters"), neutral()] = "x"


def test_fields_without_direction() -> None:
    assert fields_without_direction(Example) == ["forgotten"]


def test_documentation_is_the_text_below_the_field() -> None:
    assert Example.model_fields["here"].description == "What it is."


def test_matching() -> None:
    with pytest.raises(ValidationError, match="lower-case letters"):
        Example(text="x1")


def test_bad_settings_under_a_path() -> None:
    bad = BadSettings([BadSetting((0,), "an address", '"x"')]).under("flows", "ntp", "peers")
    assert bad.settings == (BadSetting(("flows", "ntp", "peers", 0), "an address", '"x"'),)
    assert str(bad) == 'flows.ntp.peers.0: expected an address, read "x"'


@pytest.mark.parametrize("room", rooms.find(CHECKOUT), ids=lambda room: room.name)
def test_every_field_of_every_room(room: Any) -> None:
    fields = room.settings.model_fields
    assert [name for name, field in fields.items() if direction(field) is None] == []
    assert [name for name, field in fields.items() if not field.description] == []
    assert [name for name in fields if name.startswith("ssh_")] == [], "pyinfra takes these"


@pytest.mark.parametrize("room", rooms.find(CHECKOUT), ids=lambda room: room.name)
def test_every_password_that_a_room_needs_is_marked(room: Any) -> None:
    for host in load(CHECKOUT / "inventories/demo").hosts.values():
        assert set(room.settings.needed_secrets(host)) <= set(generated_secrets(room.settings))
