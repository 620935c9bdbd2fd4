"""Layers: who sets what, the region first, then the practice, then the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from socle.baseline import words, yaml
from socle.baseline.hosts import Block, Tree
from socle.baseline.model import Origin
from socle.baseline.settings import MASK
from socle.baseline.variables import BadValue, Variable
from socle.errors import BadPractice, Problem

_FILES = {"hosts.yml", "waivers.yml", "secrets.yml", "lab.yml"}


@dataclass(frozen=True)
class Setting:
    """A checked value and where it is written. ``positions``: key of an entry -> its index."""

    value: Any
    block: Block
    name: str
    layer: str
    positions: Mapping[str, int] = field(default_factory=dict)

    def written(self, entry: str | None = None) -> Any:
        """The value, or one keyed entry of it, as it stands in the file."""
        raw = self.block.written[self.name]
        return raw if entry is None else raw[self.positions[entry]]

    def line(self, *inside: str | int) -> int:
        """Line of the value, or of the part ``inside`` it; keyed entries go by their key."""
        if inside and inside[0] in self.positions:
            inside = (self.positions[str(inside[0])], *inside[1:])
        return self.block.document.line(*self.block.place, self.name, *inside)

    def origin(self, *inside: str | int) -> Origin:
        """Where the value, or the part ``inside`` it, comes from."""
        return Origin(self.layer, self.block.document.file, self.line(*inside))

    def problem(
        self,
        inside: tuple[str | int, ...],
        expected: str,
        read: str | None,
        advice: str | None = None,
    ) -> Problem:
        """A problem of the value, or of the part ``inside`` it."""
        where = words.where((self.name, *inside))
        file = self.block.document.file
        return Problem(file, self.line(*inside), where, expected, read, advice)


@dataclass(frozen=True)
class Layer:
    """The settings of one authority for one group or host (``scope``)."""

    name: str
    scope: str
    region: bool
    settings: Mapping[str, Setting]


@dataclass
class Layers:
    """Reads the files of the region and of a practice; collects what is wrong in them."""

    catalogue: Mapping[str, Variable]
    problems: list[Problem] = field(default_factory=list)
    unknown: list[Setting] = field(default_factory=list)  # perhaps computed: judged at the end
    region: dict[str, list[Layer]] = field(default_factory=dict)
    practice: dict[str, list[Layer]] = field(default_factory=dict)

    def document(self, file: Path) -> yaml.Document | None:
        """The file's data; None when it does not exist or cannot be read."""
        if not file.is_file():
            return None
        try:
            return yaml.read(file)
        except BadPractice as error:
            self.problems.extend(error.problems)
            return None

    def read_region(self, root: Path) -> None:
        """Read ``group_vars/`` of the checkout."""
        for file in _settings_files(root / "group_vars", self.problems):
            document = self.document(file)
            if document is not None:
                self._add(self.region, file.stem, f"region {file.stem}", Block(document, ()))

    def read_practice(self, folder: Path, tree: Tree) -> None:
        """Read the variables of ``hosts.yml``, ``group_vars/``, ``host_vars/``, ``secrets.yml``."""
        for owner, blocks in tree.blocks.items():
            for block in blocks:
                self._add(self.practice, owner, _layer(owner, tree), block)
        for kind, owners in (("group", tree.groups), ("host", tree.hosts)):
            for file in _settings_files(folder / f"{kind}_vars", self.problems):
                if file.stem not in owners:
                    wanted = words.unknown(f"{kind} of hosts.yml", file.stem, list(owners))
                    self.problems.append(Problem(file, 0, "file name", wanted, file.stem))
                    continue
                document = self.document(file)
                if document is not None:
                    layer = _layer(file.stem, tree)
                    self._add(self.practice, file.stem, layer, Block(document, ()))
        self._read_secrets(folder / "secrets.yml", tree)
        for file in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
            if file.name not in _FILES:
                wanted = words.unknown("file of a practice", file.name, sorted(_FILES))
                self.problems.append(Problem(file, 0, "file name", wanted, file.name))

    def _read_secrets(self, file: Path, tree: Tree) -> None:
        document = self.document(file)
        if document is None:
            return
        if not document.encrypted:
            wanted = "an encrypted file: ansible-vault encrypt secrets.yml"
            self.problems.append(Problem(file, 0, "secrets.yml", wanted, "clear text"))
            return
        if not isinstance(document.data, dict):
            self.problems.append(Problem(file, 1, "secrets.yml", "a mapping of hosts or groups"))
            return
        for owner in document.data:
            if owner in tree.groups or owner in tree.hosts:
                block = Block(document, (owner,))
                self._add(self.practice, owner, _layer(owner, tree), block)
            else:
                wanted = words.unknown("host or group", owner, [*tree.groups, *tree.hosts])
                self.problems.append(Problem(file, document.line(owner), owner, wanted))

    def _add(self, into: dict[str, list[Layer]], scope: str, name: str, block: Block) -> None:
        region = into is self.region
        settings = {
            setting.name: setting
            for setting in self.settings(block, name)
            if self._allowed(setting, region)
        }
        into.setdefault(scope, []).append(Layer(name, scope, region, settings))

    def settings(self, block: Block, layer: str) -> list[Setting]:
        """The good values of ``block``; the bad ones become problems."""
        document, written = block.document, block.written
        if written is None:
            return []
        if not isinstance(written, dict):
            line = document.line(*block.place)
            seen = MASK if document.encrypted else words.shown(written)
            where = words.where(block.place) or "file"
            self.problems.append(Problem(document.file, line, where, "a mapping of settings", seen))
            return []
        found = []
        for name, value in written.items():
            setting = Setting(value, block, name, layer)
            if name not in self.catalogue:
                self.unknown.append(setting)
                continue
            checked = self.checked(setting)
            if checked is not None:
                found.append(checked)
        return found

    def checked(self, setting: Setting, kept: Sequence[int] | None = None) -> Setting | None:
        """``setting`` with its value checked, or None and the problems noted.

        ``kept``: only these entries of a keyed list count; a waiver leaves out what it removes.
        """
        variable = self.catalogue[setting.name]
        hidden = variable.secret or setting.block.document.encrypted
        value = setting.value if kept is None else [setting.value[index] for index in kept]
        try:
            value = variable.check(value)
        except BadValue as error:
            for complaint in error.complaints:
                place = complaint.place
                if kept and place:
                    place = (kept[int(place[0])], *place[1:])
                seen = MASK if hidden and complaint.read is not None else complaint.read
                self.problems.append(setting.problem(place, complaint.expected, seen))
            return None
        indices = range(len(value)) if kept is None else kept
        names = [entry[variable.key] for entry in value] if variable.key else []
        return replace(setting, value=value, positions=dict(zip(names, indices, strict=False)))

    def _allowed(self, setting: Setting, region: bool) -> bool:
        """Secrets stand in secrets.yml and nothing else does; the region knows no hosts."""
        variable = self.catalogue[setting.name]
        encrypted = setting.block.document.encrypted
        if variable.secret and (region or not encrypted):
            wanted, seen = "this secret in the practice's secrets.yml", MASK
        elif encrypted and not variable.secret:
            wanted, seen = "secrets only; this setting goes to group_vars/ or host_vars/", MASK
        elif region and variable.room is None:
            wanted, seen = "connection variables in a practice, not in the region", None
        else:
            return True
        self.problems.append(setting.problem((), wanted, seen))
        return False


def _layer(owner: str, tree: Tree) -> str:
    return f"host {owner}" if owner in tree.hosts else f"practice {owner}"


def _settings_files(folder: Path, problems: list[Problem]) -> list[Path]:
    """The settings files of ``folder``; whatever would be overlooked there is a problem."""
    if not folder.is_dir():
        return []
    found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    good = [path for path in found if path.suffix == ".yml" and path.is_file()]
    problems.extend(
        Problem(path, 0, "file name", "files NAME.yml only", path.name)
        for path in found
        if path not in good
    )
    return good
