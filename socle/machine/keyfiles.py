"""Files of groups and keys (``[Group]``, ``key=value``), read as the programs that own them do.

GLib's key files (GDM, LightDM, .desktop files): blanks around a line, a key and a value do not
count, a line that begins with ``#`` is a comment, the last value of a key wins; a file with a line
that is none of these is refused. SDDM passes over that line, and ``#`` begins a comment anywhere.
Both are read line by line here: what a strict program would refuse is kept, and the line is named.
Pure: no host.
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 200  # characters of a line that could not be read


@dataclass(frozen=True)
class Entry:
    """A key and its value in a group; names as they are spelt."""

    group: str
    key: str
    value: str


@dataclass(frozen=True)
class KeyFile:
    """A file: its entries in their order, and the lines that are none."""

    entries: tuple[Entry, ...]
    unread: tuple[str, ...] = ()

    def value(self, group: str, key: str) -> str | None:
        """The value that wins; None where there is none."""
        found = [one.value for one in self.entries if (one.group, one.key) == (group, key)]
        return found[-1] if found else None


def read(text: str, *, comments_anywhere: bool = False) -> KeyFile:
    """Read a file. ``comments_anywhere``: ``#`` ends any line, as SDDM has it."""
    group, entries, unread = "", [], []
    for line in text.removeprefix("\ufeff").split("\n"):
        words = (line.partition("#")[0] if comments_anywhere else line).strip()
        name, equals, value = words.partition("=")
        if not words or words.startswith("#"):
            continue
        if words.startswith("[") and words.endswith("]"):
            group = words[1:-1]
        elif equals and name.strip() and not words.startswith("["):
            entries.append(Entry(group, name.strip(), value.strip()))
        else:
            unread.append(words[:LONGEST])
    return KeyFile(tuple(entries), tuple(unread))
