"""The probe: one read-only execution a host returns all that the rooms will compare."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from socle.apply import adapter, turns
from socle.baseline.model import Practice

SCRIPTS = files("socle.apply")


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
    guard_armed: bool = False  # a former run changed something and never confirmed it
    files: dict[str, ObservedFile] = field(default_factory=dict)
    packages: frozenset[str] = frozenset()
    unit_files: dict[str, str] = field(default_factory=dict)  # unit -> enabled, disabled, masked…
    units: dict[str, str] = field(default_factory=dict)  # unit -> active, inactive, failed…
    rooms: dict[str, tuple[str, ...]] = field(default_factory=dict)  # lines of the room's probe.sh


def observed() -> Observed:
    """What the current host was when the run began. Asked once a run.

    A host that does not answer the probe is left out of the run.
    """
    found: Observed = adapter.once_per_host(_probe)
    return found


def script_for(practice: Practice) -> str:
    """The probe with every room's own read-only questions (``files/probe.sh``) in it."""
    turn = f"turn() (\n{turns.SCRIPT})\n"
    path = (files("socle") / "path.sh").read_text(encoding="utf-8")
    parts = [
        f"( {_strip(room.folder / 'files/probe.sh')}\n) 2>/dev/null | sed 's/^/room {room.name} /'"
        for room in practice.rooms
        if (room.folder / "files/probe.sh").exists()
    ]
    rooms = "rooms() {\n:\n" + "\n".join(parts) + "\n}\n"
    return (
        turns.CONNECTION + path + turn + rooms + (SCRIPTS / "probe.sh").read_text(encoding="utf-8")
    )


def _probe() -> Observed:
    practice = adapter.practice()
    paths = [file.target for room in practice.rooms for file in (*room.templates, *room.statics)]
    try:
        lines = turns.ask_in_turn(script_for(practice), *paths)
        text = gzip.decompress(base64.b64decode("".join(lines))).decode("utf-8", "replace")
    except (adapter.Unanswered, ValueError, OSError) as error:
        adapter.leave_out(f"the host cannot be examined: {error}")
    return parse(text.splitlines())


def parse(lines: Iterable[str]) -> Observed:
    """Turn the probe's records into :class:`Observed`.

    Raises:
        ValueError: the output ends too early (the host went away, or its disk is full).
    """
    records = [line.split(" ") for line in lines]
    if not records or records[-1] != ["end"]:
        raise ValueError("the probe's answer is incomplete")
    rows: dict[str, list[list[str]]] = {}
    for kind, *fields in records:
        rows.setdefault(kind, []).append(fields)
    client, port = next(((c[0], int(c[3])) for c in rows["connection"] if c[0]), (None, None))
    rooms: dict[str, list[str]] = {}
    for name, *words in rows.get("room", []):
        rooms.setdefault(name, []).append(" ".join(words))
    return Observed(
        client=client,
        port=port,
        path=tuple(" ".join(words) for words in rows.get("path", [])),
        guard_armed="guard" in rows,
        files={path: _file(fields) for path, *fields in rows.get("file", [])},
        packages=frozenset(p[0] for p in rows.get("package", []) if p[1].startswith("ii")),
        unit_files={name: state for name, state, *_ in rows.get("unitfile", [])},
        units={name: state for name, state, *_ in rows.get("unit", [])},
        rooms={name: tuple(lines) for name, lines in rooms.items()},
    )


def _file(fields: list[str]) -> ObservedFile:
    kind, mode, user, group, content = fields
    raw = base64.b64decode(content[1:]) if content.startswith("=") else None
    return ObservedFile(kind, mode, user, group, raw)


def _strip(script: Path) -> str:
    lines = script.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))
