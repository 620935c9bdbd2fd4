"""What the operator keeps of a practice outside of its folder, by its id: who may use it.

``practices/ID`` in the operator's state names the folders of the practice, one a line.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from socle.errors import SocleError, short
from socle.evidence import files
from socle.evidence.store import operator_config, operator_state

_ADDRESS = re.compile(r"ansible_host:\s*[\"']?([^\s,\"'}]+)")


def claim(folder: Path, practice: str, has_it: Callable[[Path], bool]) -> None:
    """Note that the practice with this id lies in ``folder``; at first, take over what it had.

    ``has_it``: whether another folder has the id. Two clones of one practice are fine, a copy
    that has become another practice is not: raises SocleError, with what to do. A note that
    cannot be written costs only this check.
    """
    note = operator_state() / "practices" / practice
    noted = _lines(note)
    if str(folder) in noted:
        return
    others = [Path(line) for line in noted if _there(Path(line), folder) and has_it(Path(line))]
    for other in others:
        if not _clones(folder, other):
            raise SocleError(_TWINS.format(folder=short(folder), other=short(other)))
    if not noted:
        _take_over(folder, practice)
    with suppress(OSError):
        note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.replace(note, "".join(f"{one}\n" for one in (*others, folder)).encode())


_TWINS = (
    "{folder}/practice.yml: expected an id of its own, read that of {other}. If this is another "
    "practice, made as a copy: remove the line id there, and the files known_machines, "
    "known_hosts and allowed_signers beside it; the next run makes a new id. If it is the same "
    "practice: keep one of the two folders"
)


def _lines(note: Path) -> list[str]:
    try:
        return note.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []


def _there(other: Path, folder: Path) -> bool:
    return other.is_dir() and not other.samefile(folder)


def _clones(folder: Path, other: Path) -> bool:
    """Whether both folders hold one practice: the same name, and machines in common."""
    here, there = (_text(one / "hosts.yml") for one in (folder, other))
    shared = set(_ADDRESS.findall(here)) & set(_ADDRESS.findall(there))
    return folder.name == other.name and (here == there or bool(shared))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _take_over(folder: Path, practice: str) -> None:
    """Move what older versions kept under the folder's name, where it is this practice's."""
    state, name = operator_state(), folder.name
    _move(state / "history" / name, practice, lambda old: _has_run_here(old, folder))
    _move(state / "exposure" / name, practice, lambda old: _was_seen(old, folder))
    key = operator_config() / "keys" / name
    public = key.with_name(f"{name}.pub")
    if _signs(public, folder):
        with suppress(OSError):  # both halves are there, or the run goes on another time
            os.link(public, public.with_name(f"{practice}.pub"))
        _move(key, practice, lambda _: True)
        if not key.exists():
            public.unlink(missing_ok=True)


def _move(old: Path, practice: str, ours: Callable[[Path], bool]) -> None:
    """Rename in one step; what is there under the new name already stays."""
    new = old.with_name(practice)
    if not old.exists() or new.exists() or not ours(old):
        return
    try:
        old.rename(new)
    except OSError as error:
        sys.stderr.write(f"{old}: stays, it cannot be moved to {new.name}: {error.strerror}\n")
    else:
        sys.stderr.write(f"{old}: now goes by the practice's id: {new}\n")


def _has_run_here(history: Path, folder: Path) -> bool:
    """Whether the newest document there is about a machine of this practice."""
    documents = sorted(history.glob("[0-9]*.json"))
    if not documents:
        return False
    try:
        hosts = json.loads(documents[-1].read_bytes())["hosts"]
        names = [host if isinstance(host, str) else host["name"] for host in hosts]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    written = _text(folder / "hosts.yml")
    return any(re.search(rf"^\s*{re.escape(name)}:", written, re.MULTILINE) for name in names)


def _was_seen(attestations: Path, folder: Path) -> bool:
    """Whether an attestation there is about a public address of this practice."""
    declared = _text(folder / "exposure.yml")
    for file in attestations.glob("*.json"):
        try:
            scans = json.loads(file.read_bytes())["scans"]
            if any(scan["address"] in declared for scan in scans):
                return True
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return False


def _signs(public: Path, folder: Path) -> bool:
    words = _text(public).split()
    return len(words) > 1 and words[1] in _text(folder / "allowed_signers").split()
