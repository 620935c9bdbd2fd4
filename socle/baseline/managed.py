"""The files that a room manages on its machines: ``files.yml``, once for both engines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from socle.baseline import types, words, yaml
from socle.baseline.model import Host, Managed, Room, Template
from socle.baseline.settings import matching
from socle.errors import BadPractice, Problem, SocleError
from socle.render import render

NAME = "files.yml"
Mode = Annotated[str, matching(r"0[0-7]{3}", 'a mode in octal and in quotes: "0644"')]


class _Entry(BaseModel):
    """One line as it is written; `Managed` says what the keys mean."""

    model_config = ConfigDict(extra="forbid", strict=True)

    path: types.Path | None = None
    tree: types.Path | None = None
    mode: Mode = "0644"
    accepted_by: types.Text | None = Field(None, alias="validate")  # pydantic has a `validate`
    when: types.Text | None = None
    otherwise: Literal["absent"] | None = None
    secret: bool = False
    guarded: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> _Entry:
        if (self.path is None) == (self.tree is None):
            raise ValueError("either path, a file, or tree, a folder with all files below it")
        return self

    @property
    def place(self) -> str:
        return self.path or self.tree or ""


class _File(BaseModel):
    files: list[_Entry]


def sources(folder: Path) -> tuple[tuple[Template, ...], tuple[Template, ...]]:
    """What the room ``folder`` has below ``templates/``, and in folders of ``files/``.

    What stands in ``files/`` directly is for Socle, not for the host.
    """
    filled, copied = folder / "templates", folder / "files"
    return (
        tuple(
            Template(source, f"/{source.relative_to(filled).with_suffix('').as_posix()}")
            for source in sorted(filled.rglob("*.j2"))
        ),
        tuple(
            Template(source, f"/{source.relative_to(copied).as_posix()}", filled=False)
            for source in sorted(copied.glob("*/**/*"))
            if source.is_file() and source.parent.name != "__pycache__"
        ),
    )


def read(folder: Path) -> tuple[Managed, ...]:
    """The files of the room ``folder``, in the order in which they are written.

    Raises `BadPractice` with every mistake of the file; files below the room that it does not
    name are mistakes, too.
    """
    known = {one.target: one for group in sources(folder) for one in group}
    file = folder / NAME
    if not file.is_file() and not known:
        return ()
    document = yaml.read(file) if file.is_file() else yaml.Document(file, [])
    try:
        entries = _File.model_validate({"files": document.data}).files
    except ValidationError as error:
        raise BadPractice(
            _problem(document, one.place[1:], one.expected, one.read)
            for one in words.complaints(_File, error)
        ) from None
    found = [_managed(document, n, entry, known) for n, entry in enumerate(entries)]
    problems = [*_mistakes(document, found, known, f"{folder.name}_")]
    if problems:
        raise BadPractice(problems)
    return tuple(found)


def shared(rooms: Iterable[Room]) -> Iterator[Problem]:
    """Paths that two rooms manage."""
    taken: dict[str, str] = {}
    for room in rooms:
        for entry in room.files:
            for source in entry.sources:
                owner = taken.setdefault(source.target, room.name)
                if owner != room.name:
                    wanted = f"a path of its own; the room {owner} manages this one"
                    yield Problem(room.folder / NAME, entry.line, source.target, wanted)


def unfit(rooms: Iterable[Room], hosts: Iterable[Host]) -> Iterator[Problem]:
    """Conditions that are no setting, or one that is neither true nor false."""
    resolved = list(hosts)
    for room in rooms:
        for entry in room.files:
            for host in resolved if entry.when else ():
                if not isinstance(host.settings.get(entry.when or ""), bool):
                    known = [
                        name
                        for name, value in host.settings.items()
                        if name.startswith(room.prefix) and isinstance(value, bool)
                    ]
                    wanted = words.unknown("setting that is true or false", entry.when or "", known)
                    yield Problem(room.folder / NAME, entry.line, "when", wanted, entry.when)


def wishes(
    files: Iterable[Managed],
    settings: Mapping[str, Any],
    *,
    guarded: bool = False,
    without: Collection[str] = (),
) -> list[tuple[Managed, bool | None]]:
    """Each entry of a room, and what is wished on a host with these ``settings``.

    True: its files are there. False: they are not. None: nothing, or it is for another call, the
    one with the other ``guarded``. ``without``: paths that the machine itself has no need of.
    Raises SocleError where one of them is none of the room's.
    """
    found = list(files)
    for path in {*without} - {entry.path for entry in found}:
        raise SocleError(f"{path}: expected a path of {NAME}")
    return [(entry, _wish(entry, settings, guarded, without)) for entry in found]


def guarded(files: Iterable[Managed]) -> list[str]:
    """The paths that can cut access, wished or not: what the guard of the room puts back."""
    return [source.target for entry in files if entry.guarded for source in entry.sources]


def content(source: Template, settings: Mapping[str, Any], root: Path) -> bytes:
    """What the file holds on a host with these ``settings``; ``root``: the checkout."""
    if source.filled:
        return render(source.source, settings, root).encode()
    return source.source.read_bytes()


def _wish(
    entry: Managed, settings: Mapping[str, Any], guarded: bool, without: Collection[str]
) -> bool | None:
    if entry.guarded is not guarded:
        return None
    wanted = entry.path not in without and (entry.when is None or settings[entry.when])
    return bool(wanted) or (False if entry.otherwise == "absent" else None)


def _managed(
    document: yaml.Document, number: int, entry: _Entry, known: Mapping[str, Template]
) -> Managed:
    place = entry.place
    return Managed(
        path=place,
        sources=tuple(
            source
            for target, source in known.items()
            if target == place or (entry.tree and target.startswith(f"{place}/"))
        ),
        mode=entry.mode,
        validate=entry.accepted_by,
        when=entry.when,
        otherwise=entry.otherwise,
        secret=entry.secret,
        guarded=entry.guarded,
        line=document.line(number),
    )


def _mistakes(
    document: yaml.Document, found: list[Managed], known: Mapping[str, Template], prefix: str
) -> Iterator[Problem]:
    """What is wrong between the lines, and between them and the room's folder."""
    listed: set[str] = set()
    for number, entry in enumerate(found):
        if not entry.sources:
            near = get_close_matches(entry.path, known, n=1)
            wanted = "a file below templates/ or files/" + (
                f"; did you mean {near[0]}?" if near else ""
            )
            yield _problem(document, (number,), wanted, entry.path)
        if entry.when and not entry.when.startswith(prefix):
            wanted = f"a setting of this room, {prefix}…"
            yield _problem(document, (number, "when"), wanted, entry.when)
        for target in (source.target for source in entry.sources):
            if target in listed:
                yield _problem(document, (number,), "each path once", target)
            listed.add(target)
    for target in known:
        if target not in listed:
            yield Problem(document.file, 0, target, f"a line for it in {NAME}")


def _problem(
    document: yaml.Document, place: tuple[str | int, ...], wanted: str, read: str | None
) -> Problem:
    where = words.where(place) or "file"
    return Problem(document.file, document.line(*place), where, wanted, read)
