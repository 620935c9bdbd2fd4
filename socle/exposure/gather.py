"""What a machine knows of an incident, read only, without patients' data and secrets.

What a domain's programs know its room asks: ``roles/ROOM/incident.py`` may have ``SOURCES``
(as here), ``FOLDERS`` (whose files' dates and modes are told) and ``gather`` (a `Gather`).
"""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from types import ModuleType
from typing import Any

from socle.baseline import packages
from socle.baseline.checkout import named_root
from socle.evidence.redaction import MASK, Redactor
from socle.verify.checks import Unknown
from socle.verify.links import Link

LINES = 20_000  # of each journal, the last ones
PATIENCE = 120.0  # seconds for each question
JOURNAL = f"journalctl --no-pager --quiet --output=short-iso-precise --lines={LINES}"
SOURCES = {
    "system.txt": "date --iso-8601=ns; uname -a; uptime; cat /etc/os-release",
    "time.txt": "timedatectl show; timedatectl timesync-status; chronyc -n tracking; :",
    "addresses.txt": "ip address; ip route; ip -6 route; ip neighbour",
    "listening.txt": "ss -tulpn",
    "connections.txt": "ss -tuanp",
    "conntrack.txt": "conntrack -L || cat /proc/net/nf_conntrack",
    "rules.nft.txt": "nft list ruleset",
    "sshd.txt": "sshd -T",
    "journal-ssh.txt": JOURNAL + " --since={since} --unit=ssh.service --unit='ssh@*.service'",
    "journal-firewall.txt": JOURNAL + " --since={since} _TRANSPORT=kernel --grep='socle-.*-drop'",
}
"""File -> the question, which changes nothing there; ``{since}``: as journalctl reads a moment."""
LASTING = {
    "boots.txt": "journalctl --no-pager --list-boots",
    "packages.txt": "dpkg-query --show",
    "logins.txt": "last -Fiw || wtmpdb last; loginctl --no-pager list-sessions",
    "files.txt": "find /etc/nftables.conf /etc/socle /etc/ssh {folders} /etc/systemd/system "
    "-type f -printf '%TY-%Tm-%TdT%TTZ %m %u:%g %s %p\\n'",
}
"""The same, asked last: the answers are still there tomorrow. ``{folders}``: those of the rooms."""
# Whoever mistypes may type a password where a name is asked for.
_TYPED = re.compile(
    r"((?:invalid|illegal) user )(?:.*(?=(?: from)? [0-9a-f.:]+ port \d)|.*)", re.IGNORECASE
)


@dataclass
class Machine:
    """What one machine gave. ``trouble``: why it could not be asked."""

    name: str
    files: dict[str, str] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    """A question each: file, command, moment, seconds, exit code or trouble."""
    trouble: str = ""
    nature: list[tuple[str, str]] = field(default_factory=list)
    """What its programs know of the breach: a line in French, and the file that shows it."""
    data: list[str] = field(default_factory=list)
    """What they know of the data concerned: lines in French."""


Ask = Callable[[str, str], str | None]
"""Asks a machine: the file that the answer is for, the command; None where there is no answer."""
Gather = Callable[[Machine, Ask, str], None]
"""Asks what a room wants to know since a moment, and writes into the machine what may leave it."""


def sources(since: str) -> dict[str, str]:
    """File -> the question: ours, the rooms', then what can wait. ``since``: ``@SECONDS``."""
    rooms = _rooms()
    folders = " ".join(folder for room in rooms for folder in getattr(room, "FOLDERS", ()))
    asked = dict(SOURCES)
    for room in rooms:
        asked |= getattr(room, "SOURCES", {})
    asked |= LASTING
    return {file: words.format(since=since, folders=folders) for file, words in asked.items()}


def gather(link: Link, since: datetime, masks: Redactor) -> Machine:
    """Ask one machine. What it cannot answer is noted, never an error: it is not the others'."""
    machine = Machine(link.target.name)
    try:
        link.open()
        _questions(link, machine, shlex.quote(f"@{int(since.timestamp())}"))
    except Unknown as trouble:
        machine.trouble = masks.text(str(trouble))
    except Exception as error:  # what came until then is evidence, and stays
        machine.trouble = f"one of its answers is strange: {type(error).__name__}"
    _mask(machine, masks)
    return machine


def _mask(machine: Machine, masks: Redactor) -> None:
    """What cannot be masked does not leave this computer's memory; it takes no other with it."""
    said, machine.files = machine.files, {}
    for name, text in said.items():
        try:
            machine.files[name] = masks.text(text)
        except Exception as error:
            machine.trouble = f"{name} cannot be masked: {type(error).__name__}"


def _questions(link: Link, machine: Machine, since: str) -> None:
    ask = partial(_ask, link, machine)
    for file, command in sources(since).items():
        said = ask(file, command)
        if said is not None:
            machine.files[file] = untyped(said)
    for room in _rooms():
        if hasattr(room, "gather"):
            room.gather(machine, ask, since)


def _rooms() -> list[ModuleType]:
    return packages.every(named_root(), "incident")


def untyped(log: str) -> str:
    """A log of ssh without the names that no account has."""
    return _TYPED.sub(rf"\g<1>{MASK}", log)


def _ask(link: Link, machine: Machine, file: str, command: str) -> str | None:
    """The answer, and a note of it; None where there is none."""
    note: dict[str, Any] = {"file": file, "command": command}
    note["moment"] = datetime.now(UTC).isoformat(timespec="milliseconds")
    machine.notes.append(note)
    began = time.monotonic()
    try:
        answer = link.run(command, PATIENCE)
    except Unknown as trouble:
        note["trouble"] = f"no answer: {type(trouble).__name__}"
        return None
    note["seconds"] = round(time.monotonic() - began, 3)
    note["code"] = answer.code
    said = answer.stdout.decode(errors="replace")
    if said.count("\n") >= LINES and file.startswith("journal"):
        note["cut"] = f"only the last {LINES} lines"
    return said


def as_json(data: Any) -> str:
    """The content of a file."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
