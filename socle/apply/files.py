"""Operations on files: compare the wish with the probe, yield one command only where they differ.

Contents go by standard input; a file is validated before it replaces the old one, and replaces
it in one step; a run can be killed at any point and run again. With ``guard=`` the change arms
the host's way back first (see :mod:`socle.apply.guard`).
"""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import Generator

from pyinfra import host
from pyinfra.api import StringCommand
from pyinfra.api.operation import OperationMeta, operation

from socle.apply import adapter
from socle.apply.changes import change, show, under
from socle.apply.diff import difference
from socle.apply.guard import Guard
from socle.apply.probe import ObservedFile, observed
from socle.render import render

_WRITE = """
umask 022 && mkdir -p "$(dirname "$path")" && umask 077 &&
new=$(mktemp "$path.socle.XXXXXX") && trap 'rm -f "$new"' EXIT &&
base64 -d >"$new" && sync "$new" && { [ -z "$validate" ] || $validate "$new"; } &&
chown "$user:$group" "$new" && chmod "$mode" "$new" && mv -fT "$new" "$path"
"""
_UNPACK = """
umask 022 && mkdir -p "$folder" &&
new=$(mktemp -d "$folder/.socle.XXXXXX") && trap 'rm -rf "$new"' EXIT &&
base64 -d | tar -xzf - -C "$new" && sync -f "$new" && cd "$new" &&
find . -type d -exec mkdir -p "$folder/{}" \\; && find . -type f -exec mv -fT {} "$folder/{}" \\;
"""


def template(
    path: str,
    *,
    mode: str = "644",
    validate: str | None = None,
    secret: bool = False,
    guard: Guard | None = None,
) -> OperationMeta:
    """Manage ``path`` with the room's template of the same path, filled for this host.

    Args:
        mode: octal, as text; the owner is root.
        validate: a command that must accept the new file, whose name is added to it.
        secret: never print the content.
    """
    source = next(
        t.source for room in adapter.practice().rooms for t in room.templates if t.target == path
    )
    content = render(source, adapter.resolved_host().settings, adapter.practice().root)
    return managed_file(path, content, mode=mode, validate=validate, secret=secret, guard=guard)


def static(
    path: str, *, mode: str = "644", validate: str | None = None, guard: Guard | None = None
) -> OperationMeta:
    """Manage ``path`` with the file of the same path in the room's ``files/``, copied as it is."""
    source = next(
        s.source for room in adapter.practice().rooms for s in room.statics if s.target == path
    )
    content = source.read_text(encoding="utf-8")
    return managed_file(path, content, mode=mode, validate=validate, guard=guard)


def static_tree(folder: str, *, mode: str = "644", present: bool = True) -> OperationMeta:
    """Every file below ``folder`` that the room's ``files/`` has, written in one execution.

    Args:
        present: False removes them.
    """
    found = {
        static.target: static.source.read_bytes()
        for room in adapter.practice().rooms
        for static in room.statics
        if static.target.startswith(f"{folder}/")
    }
    wanted = {path: ObservedFile("file", mode, "root", "root", found[path]) for path in found}
    return _tree(name=folder, folder=folder, wishes=wanted, present=present)


@operation()
def _tree(
    folder: str, wishes: dict[str, ObservedFile], present: bool
) -> Generator[StringCommand, None, None]:
    seen = observed().files
    if not present:
        there = sorted(path for path in wishes if path in seen)
        if there:
            show([f"- {path}" for path in there])
            yield change(f"remove {folder}", "rm -f $paths", {"paths": " ".join(there)}, None)
        return
    differing = {path: wish for path, wish in wishes.items() if seen.get(path) != wish}
    if not differing:
        host.noop(f"{folder} is as it should be")
        return
    for path, wish in differing.items():
        show(difference(path, seen.get(path), wish, secret=False))
    archive = base64.b64encode(_archive(differing, folder)).decode()
    yield change(f"write {folder}", _UNPACK, {"folder": folder}, None, stdin=archive)


def _archive(wishes: dict[str, ObservedFile], folder: str) -> bytes:
    """A tar archive of the files, their names relative to ``folder``."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, wish in wishes.items():
            content = wish.content or b""
            entry = tarfile.TarInfo(path.removeprefix(f"{folder}/"))
            entry.mode, entry.size = int(wish.mode, 8), len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def managed_file(
    path: str,
    content: str,
    *,
    mode: str = "644",
    user: str = "root",
    group: str = "root",
    validate: str | None = None,
    secret: bool = False,
    guard: Guard | None = None,
) -> OperationMeta:
    """A file with exactly this content, mode and owner; see :func:`template`."""
    wanted = ObservedFile("file", mode, user, group, content.encode())
    return under(guard, _file(name=path, wishes=(path, wanted, validate, secret), guard=guard))


def absent_file(path: str, *, guard: Guard | None = None) -> OperationMeta:
    """No file at ``path``."""
    return under(guard, _file(name=path, wishes=(path, None, None, False), guard=guard))


@operation()
def _file(
    wishes: tuple[str, ObservedFile | None, str | None, bool], guard: Guard | None
) -> Generator[StringCommand, None, None]:
    path, wanted, validate, secret = wishes
    seen = observed().files.get(path)
    if seen == wanted:
        host.noop(f"{path} is as it should be")
        return
    show(difference(path, seen, wanted, secret=secret))
    if wanted is None or wanted.content is None:
        yield change(f"remove {path}", 'rm -f "$path"', {"path": path}, guard)
        return
    variables = {
        "path": path,
        "user": wanted.user,
        "group": wanted.group,
        "mode": wanted.mode,
        "validate": validate or "",
    }
    content = base64.b64encode(wanted.content).decode()
    yield change(f"write {path}", _WRITE, variables, guard, stdin=content)
