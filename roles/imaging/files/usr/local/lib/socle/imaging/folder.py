"""A folder of settings: every ``*.json`` in it, merged. A key in two files stops Orthanc."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import Trouble
from .jsonc import Member, dump, members, replaced

OWN = "socle.json"
HEADING = "// Written by Socle, which writes it again: put your own settings in another file.\n"


@dataclass(frozen=True)
class File:
    """One file of the folder as it stands."""

    name: str
    text: str

    def member(self, key: str) -> Member | None:
        """The key as Orthanc takes it: the last one where a file has it twice."""
        return next((one for one in reversed(self.members) if one.key == key), None)

    @property
    def members(self) -> list[Member]:
        """Raises Trouble with the file's name."""
        try:
            return members(self.text)
        except Trouble as trouble:
            raise Trouble(f"{self.name}, {trouble}") from None


def read(folder: Path) -> list[File]:
    """Every file that Orthanc would read, in the order of their names."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".json")
    found = []
    for path in paths:
        if not path.is_file():
            continue
        try:
            found.append(File(path.name, path.read_text(encoding="utf-8")))
        except ValueError:
            raise Trouble(f"{path.name}: not UTF-8 text") from None
    return found


def merged(files: Iterable[File]) -> dict[str, Any]:
    """What Orthanc makes of the files.

    Raises:
        Trouble: a file that it cannot read, or a key that stands in two of them.
    """
    found: dict[str, Any] = {}
    holder: dict[str, str] = {}
    for file in files:
        for key, value in {one.key: one.value for one in file.members}.items():
            if key in holder:
                raise Trouble(
                    f"{key} stands in {holder[key]} and in {file.name}: Orthanc does not start "
                    "with both; remove one of them"
                )
            holder[key], found[key] = file.name, value
    return found


def planned(files: Iterable[File], wish: Mapping[str, Any]) -> dict[str, str]:
    """File name -> its text, for the files that have to change so that ``wish`` holds.

    A key is changed in the file that has it; all others go to Socle's own file.
    """
    foreign = [file for file in files if file.name != OWN]
    merged(foreign)
    changed, own = {}, dict(wish)
    for file in foreign:
        text = file.text
        for key, value in wish.items():
            found = File(file.name, text).member(key)
            if found is not None:
                del own[key]
                if not same(found.value, value):
                    text = replaced(text, found, value)
        if text != file.text:
            changed[file.name] = text
    text = HEADING + dump(own) + "\n"
    if text != next((file.text for file in files if file.name == OWN), None):
        changed[OWN] = text
    merged([*(File(f.name, changed.get(f.name, f.text)) for f in foreign), File(OWN, text)])
    return changed


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same to Orthanc: true is not 1, and 2 is not "2"."""
    return type(one) is type(other) and one == other
