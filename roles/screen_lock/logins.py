"""What ``files/logins.sh`` printed: display managers' settings, consoles, services. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from socle.machine import keyfiles, programs
from socle.machine.sections import split

PROGRAM = programs.shell(Path(__file__).parent / "files/logins.sh")
SECONDS = 60
GDM, LIGHTDM, SDDM = ("/etc/gdm", "/run/gdm"), ("lightdm/",), ("sddm",)
SLEEP_ANSWERS = 4  # properties that logins.sh asks for
PACKAGED = ("/usr/lib/", "/usr/share/")
_LINE = re.compile(r"(\w+)=(.*)")
_SOURCE = re.compile(r"^(?:\S )? *", re.MULTILINE)  # a letter for the file, and blanks
_ARGUMENTS = re.compile(r"argv\[\]=(.*?) ; ignore_errors=")


@dataclass(frozen=True)
class Setting:
    """A value in a file; ``name`` is ``group.key`` in lower case."""

    path: str
    name: str
    value: str


@dataclass(frozen=True)
class Logins:
    """A machine's ways to log in, as they are set."""

    files: Mapping[str, str]
    lightdm: str
    manager: str
    """The display manager's unit."""
    units: tuple[Mapping[str, str], ...]
    sleep: tuple[str, ...] = ()
    """Conditions and their like of what locks before sleep, as busctl shows them."""
    inhibitors: str = ""
    credentials: tuple[str, ...] = ()
    """Files by which a console logs somebody in."""
    started: Mapping[str, str] = field(default_factory=dict)
    """What the display manager starts with: ExecStart, Environment."""
    targets: Mapping[str, str] = field(default_factory=dict)
    """LoadState of what closing the lid may lead to, and what sleep.conf says."""

    @classmethod
    def of(cls, text: str) -> Logins:
        """Read an answer. Raises ValueError where it is not whole."""
        sections = split(text, "logins")
        files: dict[str, str] = {}
        for row in sections.get("files", "").split("\n"):
            path, tab, line = row.partition("\t")
            if tab:
                files[path] = files.get(path, "") + line + "\n"
        units = (_unit(block) for block in sections.get("units", "").split("\n\n"))
        manager, _, started = sections.get("manager", "").partition("\n")
        return cls(
            files=files,
            lightdm=sections.get("lightdm", ""),
            manager=manager.strip(),
            units=tuple(unit for unit in units if unit),
            sleep=tuple(sections.get("sleep", "").split("\n")),
            inhibitors=sections.get("inhibitors", ""),
            credentials=tuple(filter(None, sections.get("credentials", "").split("\n"))),
            started=_unit(started),
            targets=dict(_targets(sections.get("targets", ""))),
        )

    def settings(self, *places: str) -> list[Setting]:
        """The values that count in the files whose path has one of these words.

        Every file that a person wrote counts, whether a later one beats it today or not: the
        engines take such lines out of all of them. What a package brought counts if it is in force.
        """
        found: list[Setting] = []
        for path, text in self.files.items():
            if any(place in path for place in places):
                file = keyfiles.read(text, comments_anywhere="sddm" in path)
                own = {_name(one.group, one.key): one.value for one in file.entries}
                found += [Setting(path, name, value) for name, value in own.items()]
        last = {one.name: one for one in found}
        return [one for one in found if last[one.name] is one or not one.path.startswith(PACKAGED)]

    @property
    def lid_inhibitors(self) -> list[tuple[str, str]] | None:
        """Who keeps logind from acting when the lid closes, and why, as they say themselves.

        None where logind did not tell.
        """
        try:
            [rows] = json.loads(self.inhibitors)["data"]
            return [
                (str(who), str(why))
                for what, who, why, mode, *_ in rows
                if "handle-lid-switch" in what.split(":") and mode.startswith("block")
            ]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return None

    @cached_property
    def lightdm_effective(self) -> dict[str, str] | None:
        """LightDM's own answer (``lightdm --show-config``); None where it gave none."""
        shown, ends, _ = self.lightdm.partition("Sources:")
        if not ends:
            return None
        file = keyfiles.read(_SOURCE.sub("", shown))
        return {_name(one.group, one.key): one.value for one in file.entries}


def arguments(unit: Mapping[str, str]) -> Iterator[list[str]]:
    """The words of each command that a unit starts with. systemd shows them without quotes."""
    for words in _ARGUMENTS.findall(unit.get("ExecStart", "")):
        yield words.split()


def _unit(block: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in block.split("\n"):
        pair = _LINE.fullmatch(line)
        if pair:  # a unit may start with several commands
            found[pair[1]] = f"{found[pair[1]]}\n{pair[2]}" if pair[1] in found else pair[2]
    return found


def _targets(text: str) -> Iterator[tuple[str, str]]:
    for block in text.split("\n\n"):
        unit = _unit(block.replace(" ", ""))
        if "Id" in unit:
            yield unit.pop("Id"), unit.pop("LoadState", "")
        yield from unit.items()  # AllowSuspend=no


def _name(group: str, key: str) -> str:
    group = group.lower()
    return f"{'seat:*' if group == 'seatdefaults' else group}.{key.lower()}"
