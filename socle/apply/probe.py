"""The probe: one read-only execution a host returns all that the rooms will compare."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path

from socle import bounds
from socle.apply import asking, current, preflight, turns
from socle.apply.machines import recognise
from socle.baseline.declared import PLACE
from socle.baseline.model import Practice
from socle.baseline.releases import refused

SCRIPTS = files("socle.apply")
_FIELDS = {
    "connection": 1,
    "path": 1,
    "machine": 1,
    "os": 1,
    "guard": 1,
    "file": 6,
    "package": 2,
    "unitfile": 2,
    "unit": 2,
    "room": 1,
    "end": 0,
}
"""How many fields a record of the probe has at least, after the word that says its kind."""


@dataclass(frozen=True)
class ObservedFile:
    """A path as it is. ``kind``: "file" or "other" (link, folder, device)."""

    kind: str
    mode: str = ""
    user: str = ""
    group: str = ""
    content: bytes | None = None  # None: this account may not read it


@dataclass(frozen=True)
class Observed:
    """A host as it was when the run began."""

    client: str | None = None  # the operator's address as the host sees it; None: not by SSH
    port: int | None = None  # the port of sshd in use
    path: tuple[str, ...] = ()  # what carries the connection: lines of socle/path.sh
    machine_id: str | None = None
    system: str = ""  # ID of /etc/os-release
    guard_armed: bool = False  # a former run changed something and never confirmed it
    files: dict[str, ObservedFile] = field(default_factory=dict)
    packages: frozenset[str] = frozenset()
    unit_files: dict[str, str] = field(default_factory=dict)  # unit -> enabled, masked… (state.sh)
    units: dict[str, str] = field(default_factory=dict)  # unit -> active, inactive, failed…
    rooms: dict[str, tuple[str, ...]] = field(default_factory=dict)  # lines of the room's probes


def observed() -> Observed:
    """What the current host was when the run began. Asked once a run.

    A host that does not answer the probe, or that a room refuses, is left out of the run.
    """
    found: Observed = current.once_per_host(_probe)
    return found


def script_for(practice: Practice) -> str:
    """The probe with every room's own read-only questions in it.

    Those are ``files/probe.sh``, and ``files/probe.py``, which gets the words of connection.sh.
    """
    turn = f"turn() (\n{turns.SCRIPT})\n"
    path = (files("socle") / "path.sh").read_text(encoding="utf-8")
    state = f"state() (\n{(SCRIPTS / 'state.sh').read_text(encoding='utf-8')})\n"
    parts = [
        f"( {questions}\n) 2>/dev/null | sed 's/^/room {room.name} /'"
        for room in practice.rooms
        for questions in _questions(room.folder / "files")
    ]
    rooms = "rooms() {\n:\n" + "\n".join(parts) + "\n}\n"
    probe = (SCRIPTS / "probe.sh").read_text(encoding="utf-8")
    return turns.CONNECTION + path + state + turn + rooms + probe


def _probe() -> Observed:
    practice = current.practice()
    paths = [file.target for room in practice.rooms for file in (*room.templates, *room.statics)]
    try:
        lines = turns.ask_in_turn(script_for(practice), PLACE, *paths)
        packed = base64.b64decode("".join(lines), validate=True)
        found = parse(bounds.gunzip(packed).decode("utf-8", "replace").split("\n")[:-1])
    except (asking.Unanswered, ValueError, bounds.TooLarge) as error:
        current.leave_out(f"the host cannot be examined: {error}")
    if reason := refused(found.system):
        current.leave_out(reason)
    recognise(found.machine_id)
    preflight.refuse(found)
    preflight.ask_before_giving_up(found)
    return found


def parse(lines: Iterable[str]) -> Observed:
    """Turn the probe's records into :class:`Observed`.

    Raises:
        ValueError: they are not what the probe prints, or end too early (the host went away, its
            disk is full, or it lies). Nothing else, whatever they are.
    """
    records = [line.split(" ") for line in lines]
    if not records or records[-1] != ["end"]:
        raise ValueError("the probe's answer is incomplete")
    rows: dict[str, list[list[str]]] = {kind: [] for kind in _FIELDS}
    for kind, *fields in records:
        if len(fields) < _FIELDS.get(kind, sys.maxsize):
            raise ValueError(f"the probe does not answer: {' '.join((kind, *fields))[:80]}")
        rows[kind].append(fields)
    client, port = _connection(rows["connection"])
    rooms: dict[str, list[str]] = {}
    for name, *words in rows["room"]:
        rooms.setdefault(name, []).append(" ".join(words))
    return Observed(
        client=client,
        port=port,
        path=tuple(" ".join(words) for words in rows["path"]),
        system=" ".join(next(iter(rows["os"]), [])),
        machine_id=next((words[0] for words in rows["machine"]), None),
        guard_armed=bool(rows["guard"]),
        files={path: _file(fields) for path, *fields in rows["file"]},
        packages=frozenset(p[0] for p in rows["package"] if p[1].startswith("ii")),
        unit_files={name: state for name, state, *_ in rows["unitfile"]},
        units={name: state for name, state, *_ in rows["unit"]},
        rooms={name: tuple(lines) for name, lines in rooms.items()},
    )


def _connection(rows: list[list[str]]) -> tuple[str | None, int | None]:
    """The operator's address and the port of sshd. Raises ValueError where they are none."""
    if len(rows) != 1:
        raise ValueError("the probe names no connection, or several")
    if not rows[0][0]:
        return None, None
    try:
        client, _, _, port = rows[0]
        ip_address(client)
        number = int(port)
    except ValueError:
        raise ValueError(f"the probe names no connection: {' '.join(rows[0])[:80]}") from None
    if not 0 < number < 1 << 16:
        raise ValueError(f"the probe names no port: {number}")
    return client, number


def _file(fields: list[str]) -> ObservedFile:
    kind, mode, user, group, content, *more = fields
    if more:
        raise ValueError(f"the probe does not name a file's owner: {' '.join(fields)[:80]}")
    raw = base64.b64decode(content[1:], validate=True) if content.startswith("=") else None
    return ObservedFile(kind, mode, user, group, raw)


def _questions(folder: Path) -> Iterator[str]:
    script, program = folder / "probe.sh", folder / "probe.py"
    if script.exists():
        yield _strip(script)
    if program.exists():
        text = program.read_text(encoding="utf-8")
        yield f"python3 -IS - \"$connected\" <<'SOCLE'\n{text}SOCLE"


def _strip(script: Path) -> str:
    lines = script.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))
