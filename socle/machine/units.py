"""What systemd makes of a unit: its file, every drop-in, and what runs because of them.

A unit that is "enabled" says little: a drop-in decides what runs, and a condition whether it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

ASK = Path(__file__).parent / "units_ask.py"
"""The questions, for the program of the room that asks."""
_COMMAND = re.compile(r"argv\[\]=(.*?) ; ignore_errors=(yes|no) ;")
_VARIABLES = re.compile(r"(http|https|no|ftp|all)_proxy=[^\"' ]*", re.IGNORECASE)
WEIGHTLESS = {
    "Unit": {"Description", "Documentation", "After", "Wants", "OnFailure", "OnSuccess"},
    "Service": {
        "Nice", "IOSchedulingClass", "IOSchedulingPriority", "IOWeight", "CPUSchedulingPolicy",
        "CPUWeight", "CPUAccounting", "IOAccounting", "MemoryAccounting", "TasksAccounting",
        "OOMScoreAdjust", "StandardOutput", "StandardError", "SyslogIdentifier", "SyslogFacility",
        "LogLevelMax", "KillMode", "TimeoutStopSec", "ExecStartPost", "ExecStopPost",
    },
    "Timer": {"OnCalendar", "RandomizedDelaySec", "FixedRandomDelay", "AccuracySec", "Persistent",
              "WakeSystem", "OnBootSec", "OnStartupSec", "OnActiveSec", "OnUnitActiveSec",
              "OnUnitInactiveSec"},
    "Install": {"WantedBy", "Also", "Alias"},
}  # fmt: skip
"""Settings that change neither what runs nor whether it does; a timer's moments are judged as such.

An allow-list (systemd.unit(5), systemd.exec(5), systemd.timer(5)): nobody can list what stops one.
"""
_AFTERWARDS = {"ExecStartPost", "ExecStopPost"}


class Setting(NamedTuple):
    """One assignment of a unit file, as it is written."""

    section: str
    key: str
    value: str

    def __str__(self) -> str:
        """``ConditionPathExists=/nonexistent``."""
        return f"{self.key}={self.value}"

    @property
    def weightless(self) -> bool:
        """Whether it changes neither what runs nor whether it does."""
        if self.key == "Environment":
            return bool(self.value) and not _VARIABLES.sub("", self.value.replace('"', "")).strip()
        if self.key in _AFTERWARDS and not self.value.startswith("-"):
            return False  # its failure is the unit's
        return self.key in WEIGHTLESS.get(self.section, ())


@dataclass(frozen=True)
class Unit:
    """A unit as systemd shows it, with the texts of its file and drop-ins (None: unreadable)."""

    properties: Mapping[str, list[str]]
    files: Mapping[str, str | None]

    def value(self, name: str) -> str:
        """A property; empty where systemd shows none."""
        return (self.properties.get(name) or [""])[0]

    @property
    def fragment(self) -> str:
        """The path of its file; empty where there is none."""
        return self.value("FragmentPath")

    @property
    def drop_ins(self) -> list[str]:
        """The paths of its drop-ins, in the order in which they count."""
        return self.value("DropInPaths").split()

    @property
    def unread(self) -> list[str]:
        """Files that systemd used and that could not be read."""
        return [path for path in [*self.fragment.split(), *self.drop_ins]
                if self.files.get(path) is None]  # fmt: skip

    def commands(self, name: str = "ExecStart") -> list[str]:
        """What it runs, in order: words with blanks between; ``-`` where a failure is ignored."""
        return [
            ("-" if ignored == "yes" else "") + words
            for said in self.properties.get(name, ())
            for words, ignored in _COMMAND.findall(said)
        ]

    def settings(self, path: str) -> list[Setting]:
        """The assignments of one of its files."""
        return list(settings_of(self.files.get(path) or ""))

    @property
    def added(self) -> Iterator[tuple[str, Setting]]:
        """Each assignment of a drop-in, with the drop-in's path."""
        return ((path, one) for path in self.drop_ins for one in self.settings(path))


def read(asked: Mapping[str, Any]) -> dict[str, Unit]:
    """The units of an answer by name. Raises ValueError where the answer is none."""
    shown, files = asked.get("show"), asked.get("files")
    if not isinstance(shown, str) or not isinstance(files, Mapping):
        raise ValueError("the answer about units is incomplete")
    found = {}
    for block in re.split(r"\n\n+", shown):
        properties: dict[str, list[str]] = {}
        for line in block.splitlines():
            key, _, value = line.partition("=")
            properties.setdefault(key, []).append(value)
        if properties.get("Id"):
            found[properties["Id"][0]] = Unit(properties, files)
    return found


def settings_of(text: str) -> Iterator[Setting]:
    """The assignments of a unit file, as systemd reads it: what is none is passed over."""
    section, begun = "", ""
    for line in text.split("\n"):
        words = line.strip()
        if words.startswith(("#", ";")) or (not words and not begun):
            continue
        words = f"{begun} {words}".strip()
        if words.endswith("\\"):
            begun = words[:-1].strip()
            continue
        begun = ""
        if words.startswith("[") and words.endswith("]"):
            section = words[1:-1]
        elif "=" in words:
            key, _, value = words.partition("=")
            yield Setting(section, key.strip(), value.strip())
