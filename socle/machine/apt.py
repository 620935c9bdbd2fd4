"""Apt's configuration in force, as `apt-config dump` prints it, and how it ranks archives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ASK = Path(__file__).parent / "apt_ask.py"
"""The questions, for the program of the room that asks."""
_LINE = re.compile(r'(?P<key>\S+) "(?P<value>.*)";')
_BINARY = re.compile(r"^Binary::[^:]+::", re.IGNORECASE)
_TOKEN = re.compile(r'([^\s"{};]*)\s*(?:"([^"]*)"\s*)?([{};])')
_FILE = re.compile(r"\s*(?P<priority>-?\d+) (?P<where>\S.*)")
_WORDS = {"v": "version", "o": "origin", "a": "suite", "n": "codename", "l": "label",
          "c": "component", "b": "architecture"}  # fmt: skip
_YES = {"yes", "true", "with", "on", "enable"}
_NO = {"no", "false", "without", "off", "disable"}


def truth(word: str) -> bool | None:
    """A word of apt's as it reads it (StringToBool); None where it is neither yes nor no."""
    word = word.strip().lower()
    if re.fullmatch(r"[+-]?\d+", word):
        return None if int(word) not in {0, 1} else word.lstrip("+-") == "1"
    return True if word in _YES else False if word in _NO else None


@dataclass(frozen=True)
class Config:
    """The lines of `apt-config dump`.

    What is set for one program alone (``Binary::apt-get::…``) counts as if it were for all.
    """

    lines: tuple[str, ...]

    @property
    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every key with its value, in order; those without a value are left out."""
        for match in filter(None, map(_LINE.fullmatch, self.lines)):
            if match["value"]:
                yield _BINARY.sub("", match["key"]), match["value"]

    def values(self, key: str) -> list[str]:
        """The values of a key, or of a list. Case does not matter to apt."""
        names = {key.lower(), f"{key}::".lower()}
        return [value for name, value in self.pairs if name.lower() in names]

    def below(self, key: str) -> list[tuple[str, str]]:
        """What stands below a key: the rest of each key, and its value."""
        start = f"{key}::".lower()
        return [(name[len(start) :], value) for name, value in self.pairs
                if name.lower().startswith(start)]  # fmt: skip


def config(asked: Mapping[str, Any]) -> Config:
    """The configuration of an answer of `apt_ask`."""
    return Config(tuple(map(str, asked["config"])))


def written(text: str) -> Config:
    """The settings of a file in apt.conf(5)'s nested form, as `apt-config dump` prints them."""
    lines: list[str] = []
    names: list[str] = []
    plain = re.sub(r"^\s*(//|#).*$", "", text, flags=re.MULTILINE)
    for name, value, mark in _TOKEN.findall(plain):
        if mark == "{":
            names.append(name)
        elif mark == "}":
            names = names[:-1]
        elif name or value:
            lines.append(f'{"::".join([*names, name])} "{value}";')
    return Config(tuple(lines))


@dataclass(frozen=True)
class Archive:
    """A file of packages, what its Release file says, and the priority of its versions."""

    priority: int
    where: str
    release: Mapping[str, str]


def policy(said: str) -> list[Archive]:
    """The archives of `apt-cache policy`; what is installed is none of them."""
    found: list[Archive] = []
    lines = said.partition("Pinned packages:")[0].splitlines()
    for line, after in zip(lines, [*lines[1:], ""], strict=False):
        match, release = _FILE.fullmatch(line), after.strip()
        if (
            match
            and release.startswith("release ")
            and not match["where"].startswith("/var/lib/dp")
        ):
            found.append(
                Archive(int(match["priority"]), match["where"], _names(release.split(" ", 1)[1]))
            )
    return found


def _names(words: str) -> dict[str, str]:
    """``o=Debian,a=stable`` by the names of a Release file; a comma may stand in a value."""
    parts: Iterable[str] = re.split(r",(?=[vanolcb]=)", words)
    pairs = (part.partition("=") for part in parts)
    return {_WORDS[key]: value for key, _, value in pairs if key in _WORDS}
