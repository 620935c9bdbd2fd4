"""What checks say: a sentence in the source language, and the values of its places.

The sentence is a message's id, as in gettext: by it a translation is found, and it is never cut.
What a machine said is a value: shown harmless, cut where it is long, and never read as a place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from socle.harmless import line

LONGEST = 2000
"""Characters of a value, and of a list of values together: a machine may say a whole log."""
DEEPEST = 8
"""Messages within each other; nobody writes more than four."""

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)(;?)\}")


@dataclass(frozen=True)
class Message:
    """A sentence with places: ``{address}``; a list has "," between, as ``{rules;}`` it has ";"."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # in a bundle that is read

    id: str
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """One line in the source language."""
        return line(self._said(0))

    def each(self, change: Callable[[str], str]) -> Message:
        """The same with every text among the values changed; the sentence stays.

        One without values is changed too: nothing shows that it was not put together by a check.
        """
        if not self.values:
            return Message(change(self.id))
        return replace(self, values={k: _changed(v, change) for k, v in self.values.items()})

    def _said(self, depth: int) -> str:
        def put(place: re.Match[str]) -> str:
            name, semicolon = place.groups()
            if name not in self.values:
                return place[0]
            return _shown(self.values[name], "; " if semicolon else ", ", depth)

        return _PLACE.sub(put, self.id) if depth < DEEPEST else "…"


Value = str | bool | int | float | Message | Sequence[str | Message]
Words = Message | str
"""A sentence without values may be written as it is."""


def message(sentence: str, /, **values: object) -> Message:
    """``message("{name}: {address} shows no SSH host key", name=…, address=…)``.

    A value is a text, a number, another message, or a list of texts and messages; anything else
    stands as its text. A name in a command is quoted for the shell (`shlex.quote`).
    """
    return Message(sentence, {name: _value(value) for name, value in values.items()})


def verbatim(said: object) -> Message:
    """What somebody else said, with no sentence of ours around it."""
    return message("{said}", said=str(said))


def written(words: Words) -> Message:
    """The message, or a sentence without values as one."""
    return words if isinstance(words, Message) else Message(words)


def _value(value: object) -> Value:
    if isinstance(value, Message | bool | int):
        return value
    if isinstance(value, float):
        return round(value, 3)  # as in reports
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return [one for one, _ in _fitting(map(_item, value), "", 0)]
    return line(value, LONGEST)


def _item(value: object) -> str | Message:
    return value if isinstance(value, Message) else line(value, LONGEST)


def _fitting(
    items: Iterable[str | Message], between: str, depth: int
) -> Iterator[tuple[str | Message, str]]:
    """As many whole items, with their texts, as have room; then a sign that there are more."""
    room = LONGEST
    for number, item in enumerate(items):
        text = _shown(item, between, depth)
        room -= len(text)
        if number and room < 0:
            yield "…", "…"
            return
        yield item, text


def _shown(value: Value, between: str, depth: int) -> str:
    if isinstance(value, Message):
        return value._said(depth + 1)
    if isinstance(value, str):
        return line(value, LONGEST)
    if isinstance(value, Sequence):
        return between.join(text for _, text in _fitting(value, between, depth))
    return str(value)


def _changed(value: Value, change: Callable[[str], str]) -> Value:
    if isinstance(value, Message):
        return value.each(change)
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Sequence):
        return [one.each(change) if isinstance(one, Message) else change(one) for one in value]
    return value
