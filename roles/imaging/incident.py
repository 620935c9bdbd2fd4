"""What an imaging server knows of an incident: settings, who talked to it, how much it holds.

Orthanc's logs name patients: they are counted on the machine, and only addresses and numbers
leave it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from roles.imaging.configuration import configuration, masked
from socle.exposure.gather import JOURNAL, Ask, Machine, as_json

FOLDERS = ("/etc/orthanc",)
SOURCES = {
    "journal-orthanc-unit.txt": JOURNAL + " --since={since} _PID=1 UNIT=orthanc.service",
}
STORAGE = "/var/lib/orthanc/db-v6"
"""Debian's, where the configuration names no other."""
CONFIGURATION = (
    "for file in /etc/orthanc/*.[jJ][sS][oO][nN] /etc/orthanc/.*.[jJ][sS][oO][nN]; do "
    '[ -f "$file" ] && { printf "%s\\0" "$file"; cat -- "$file"; printf "\\0"; }; done; :'
)
"""Prints path and content of each file that Orthanc reads."""
# Nothing of a line leaves the machine but what has the form of an address.
ADDRESSES = (
    "{{ journalctl --quiet --no-pager --output=cat --since={since} --unit=orthanc.service; "
    "find /var/log/orthanc -type f -newermt {since} -exec zcat -f {{}} +; }} 2>/dev/null | "
    r"grep -aoP '(?<![\w.:])(?:(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?!\w|\.\d)|"
    r"(?:[0-9a-f]{{0,4}}:){{2,7}}[0-9a-f]{{1,4}}(?![\w:]))' | sort | uniq -c"
)
STORED = "find {folder} -xdev -type f -printf x 2>/dev/null | wc -c"
_LONGEST = 4096  # characters of a path: Linux's PATH_MAX


def gather(machine: Machine, ask: Ask, since: str) -> None:
    """Write Orthanc's settings without secrets, the addresses of its logs, and its files' number.

    A machine without Orthanc gives nothing. ``since``: as journalctl and find read a moment.
    """
    name = "orthanc-configuration.json"
    found = dict(_configurations(ask(name, CONFIGURATION) or ""))
    if not found:
        return
    machine.files[name] = as_json(found)
    said = ask("imaging-addresses.json", ADDRESSES.format(since=since))
    callers = addresses(said or "")
    machine.files["imaging-addresses.json"] = as_json(callers)
    if callers:
        machine.nature.append((strangers(machine.name, callers), "imaging-addresses.json"))
    name, folder = "imaging-stored.json", STORAGE
    for one in found.values():
        folder = str((one or {}).get("StorageDirectory", folder))
    if not _is_plain(folder):
        trouble = "StorageDirectory is no plain absolute path: nothing is counted"
        machine.notes.append({"file": name, "trouble": trouble})
        return
    said = (ask(name, STORED.format(folder=shlex.quote(folder))) or "").strip()
    files = int(said) if re.fullmatch(r"[0-9]{1,15}", said) else None
    machine.files[name] = as_json({"folder": folder, "files": files})
    if files is not None:
        machine.data.append(stored(machine.name, files))


def strangers(name: str, callers: Mapping[str, int]) -> str:
    """How many addresses of the Internet are among those that the logs name, in French."""
    n = sum(ip_address(one).is_global for one in callers)
    return f"Journaux du logiciel d'imagerie de {name} : {n} adresse{'s' * (n > 1)} d'Internet"


def stored(name: str, n: int) -> str:
    """How many files there are in the program's storage, in French."""
    return (
        f"stockage du logiciel d'imagerie de {name} : {n} fichier{'s' * (n > 1)} au moment du "
        "relevé (ce n'est ni un nombre de patients ni un nombre d'examens)"
    )


def _configurations(said: str) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Path -> settings without secrets, None where the file cannot be read as such."""
    words = said.split("\0")
    for path, text in zip(words[::2], words[1::2], strict=False):
        settings = configuration(text)
        yield path, None if settings is None else masked(settings)


def _is_plain(path: str) -> bool:
    """Whether it may stand in a command: no option, no NUL, no lone surrogate."""
    return path.startswith("/") and len(path) < _LONGEST and path.isprintable()


def addresses(counted: str) -> dict[str, int]:
    """Address -> lines, from what ``uniq -c`` prints; what is no such line is dropped."""
    found: dict[str, int] = {}
    for line in counted.splitlines():
        number, _, word = line.strip().partition(" ")
        try:
            address, lines = str(ip_address(word.strip())), int(number)
        except ValueError:
            continue
        found[address] = found.get(address, 0) + lines
    return dict(sorted(found.items(), key=lambda one: -one[1]))
