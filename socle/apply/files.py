"""Operations on files: compare the wish with the probe, yield one command only where they differ.

Contents go by standard input; a file is validated before it replaces the old one, and replaces
it in one step; a run can be killed at any point and run again. With ``guard=`` the change arms
the host's way back first (see :mod:`socle.apply.guard`).
"""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import Collection, Generator

from pyinfra import host
from pyinfra.api import StringCommand
from pyinfra.api.operation import OperationMeta, operation

from socle.apply import current
from socle.apply.changes import change, show, under
from socle.apply.diff import difference
from socle.apply.guard import Guard
from socle.apply.probe import ObservedFile, observed
from socle.baseline import managed
from socle.baseline.model import Managed

_WRITE = """
umask 022 && mkdir -p "$(dirname "$path")" && umask 077 &&
new=$(mktemp "$path.socle.XXXXXX") && trap 'rm -f "$new"' EXIT &&
base64 -d >"$new" && sync "$new" && { [ -z "$validate" ] || $validate "$new"; } &&
chown "$user:$group" "$new" && chmod "$mode" "$new" && mv -fT "$new" "$path"
"""
_UNPACK = """
umask 022 && mkdir -p "$folder" &&
new=$(mktemp -d "$folder/.socle.XXXXXX") && trap 'rm -rf "$new"' EXIT &&
base64 -d | tar -xmzf - -C "$new" && sync -f "$new" && cd "$new" &&
find . -type d -exec mkdir -p "$folder/{}" \\; && find . -type f -exec mv -fT {} "$folder/{}" \\;
"""


def managed_files(
    room: str, *, guard: Guard | None = None, without: Collection[str] = ()
) -> dict[str, OperationMeta]:
    """Compare the files that ``files.yml`` of the room lists, and write or remove what differs.

    Files marked ``guarded`` are those of a call with ``guard=``, which puts them back, the others
    those of a call without. Returns the operation of each path, and of each tree.

    Args:
        without: paths that the machine has no need of, whatever the settings say.
    """
    practice, settings = current.practice(), current.resolved_host().settings
    files = next(one.files for one in practice.rooms if one.name == room)
    listed = managed.wishes(files, settings, guarded=guard is not None, without=without)
    if guard is not None:
        guard.paths = [*guard.paths, *managed.guarded(files)]
    found: dict[str, OperationMeta] = {}
    for entry, wanted in host.loop(listed):  # type: ignore[no-untyped-call]
        if wanted is not None:
            sources = entry.sources if wanted else ()
            contents = {
                one.target: managed.content(one, settings, practice.root) for one in sources
            }
            found[entry.path] = _entry(entry, contents, guard)
    return found


def _entry(entry: Managed, contents: dict[str, bytes], guard: Guard | None) -> OperationMeta:
    """A line of ``files.yml``; without ``contents`` its files are not wanted."""
    mode = f"{int(entry.mode, 8):o}"  # as stat prints it
    if entry.path not in (one.target for one in entry.sources):
        wishes = {one.target: _plain(mode, contents.get(one.target)) for one in entry.sources}
        return _tree(name=entry.path, folder=entry.path, wishes=wishes)
    if not contents:
        return absent_file(entry.path, secret=entry.secret, guard=guard)
    return managed_file(
        entry.path,
        contents[entry.path],
        mode=mode,
        validate=entry.validate,
        secret=entry.secret,
        guard=guard,
    )


def _plain(mode: str, content: bytes | None) -> ObservedFile | None:
    return None if content is None else ObservedFile("file", mode, "root", "root", content)


@operation()
def _tree(
    folder: str, wishes: dict[str, ObservedFile | None]
) -> Generator[StringCommand, None, None]:
    seen = observed().files
    differing = {path: wish for path, wish in wishes.items() if seen.get(path) != wish}
    if not differing:
        host.noop(f"{folder} is as it should be")
        return
    for path, wish in differing.items():
        show(difference(path, seen.get(path), wish, secret=False))
    wanted = {path: wish for path, wish in differing.items() if wish is not None}
    if not wanted:
        paths = " ".join(differing)
        yield change(f"remove {folder}", "rm -f $paths", {"paths": paths}, None)
        return
    archive = base64.b64encode(_archive(wanted, folder)).decode()
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
    content: bytes,
    *,
    mode: str = "644",
    user: str = "root",
    group: str = "root",
    validate: str | None = None,
    secret: bool = False,
    guard: Guard | None = None,
) -> OperationMeta:
    """A file with exactly this content, mode and owner.

    Args:
        mode: octal, as text.
        validate: a command that must accept the new file, whose name is added to it.
        secret: never print the content.
    """
    wanted = ObservedFile("file", mode, user, group, content)
    return under(guard, _file(name=path, wishes=(path, wanted, validate, secret), guard=guard))


def absent_file(path: str, *, secret: bool = False, guard: Guard | None = None) -> OperationMeta:
    """No file at ``path``."""
    return under(guard, _file(name=path, wishes=(path, None, None, secret), guard=guard))


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
