"""Layers: who sets what, the region first, then the practice, then the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from socle.baseline import about, evidence, key_files, known_machines, words, yaml
from socle.baseline.hosts import Tree
from socle.baseline.rooms import REGION_GROUPS
from socle.baseline.settings import MASK
from socle.baseline.variables import BadValue, Variable
from socle.baseline.written import WAIVERS, Block, Layer, Setting
from socle.errors import BadPractice, Problem

EXPOSURE = "exposure.yml"
"""What the practice shows the Internet; socle.exposure reads it."""
SECRETS = "secrets.yml"
LAB = "lab.yml"
_FOLDERS = ("group_vars", "host_vars")
_REGION_FILES = ("all", "waivers", *REGION_GROUPS)
_FILES = {"hosts.yml", WAIVERS, SECRETS, LAB, EXPOSURE, evidence.NAME, about.NAME}


@dataclass
class Layers:
    """Reads the files of the region and of a practice; collects what is wrong in them."""

    catalogue: Mapping[str, Variable]
    problems: list[Problem] = field(default_factory=list)
    unknown: list[Setting] = field(default_factory=list)  # perhaps computed: judged at the end
    region: dict[str, list[Layer]] = field(default_factory=dict)
    practice: dict[str, list[Layer]] = field(default_factory=dict)
    about: about.About | None = None  # what practice.yml says

    def document(self, file: Path, encrypted: bool = False) -> yaml.Document | None:
        """The file's data; None when it does not exist or cannot be read.

        Secrets and nothing else are ``encrypted``.
        """
        if not file.is_file():
            return None
        try:
            document = yaml.read(file)
        except BadPractice as error:
            self.problems.extend(error.problems)
            return None
        if document.encrypted == encrypted:
            return document
        wanted = "clear text; secrets go to secrets.yml"
        if encrypted:
            wanted = f"an encrypted file: ansible-vault encrypt {file.name}"
        self.problems.append(Problem(file, 0, "file", wanted))
        return None

    def read_region(self, root: Path) -> None:
        """Read ``group_vars/`` of the checkout."""
        files = _settings_files(root / "group_vars", self.problems)
        for file in files:
            document = self.document(file) if file.name != WAIVERS else None
            written = file.stem.replace("-", "_")
            others = {one.stem for one in files} - {file.stem}
            meant = words.near(written, (*_REGION_FILES, *({written} & others)), itself=True)
            if meant and file.stem != meant:
                wanted = f"a group of the region, or a name unlike these; did you mean {meant}.yml?"
                self.problems.append(Problem(file, 0, "file name", wanted, file.name))
            elif document is not None:
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
        self._read_secrets(folder / SECRETS, tree)
        self._read_papers(folder)
        self._read_others(folder)

    def _read_others(self, folder: Path) -> None:
        """Read what others make sense of: a damaged file, and an unknown one, is told here."""
        self.problems.extend(key_files.problems(folder))
        for name in (EXPOSURE, LAB):
            self.document(folder / name)
        for file in sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")]):
            if file.name not in _FILES:
                wanted = words.unknown("file of a practice", file.name, sorted(_FILES))
                self.problems.append(Problem(file, 0, "file name", wanted, file.name))
        for place in sorted(path for path in folder.iterdir() if path.is_dir()):
            meant = words.near(place.name.replace("-", "_").lower(), _FOLDERS, itself=True)
            if meant and place.name != meant:
                wanted = f"a known folder of a practice; did you mean {meant}?"
                self.problems.append(Problem(place, 0, "folder name", wanted, place.name))

    def _read_papers(self, folder: Path) -> None:
        """Read what the practice is, and check what it keeps beside its settings."""
        for read in (about.read, evidence.read, known_machines.read):
            try:
                found = read(folder)
            except BadPractice as error:
                self.problems.extend(error.problems)
                continue
            if isinstance(found, about.About):
                self.about = found

    def _read_secrets(self, file: Path, tree: Tree) -> None:
        document = self.document(file, encrypted=True)
        if document is None:
            return
        if not isinstance(document.data, dict):
            self.problems.append(Problem(file, 1, SECRETS, "a mapping of hosts or groups"))
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
            if self._removes(setting):
                continue
            checked = self.checked(setting)
            if checked is not None:
                found.append(checked)
        return found

    def _removes(self, setting: Setting) -> bool:
        """Whether an entry of a keyed list asks to be removed, which is a waiver's right."""
        if self.catalogue[setting.name].key is None or not isinstance(setting.value, list):
            return False
        entries = [n for n, e in enumerate(setting.value) if isinstance(e, dict) and "remove" in e]
        wanted = "a waiver that removes this entry, in waivers.yml"
        self.problems.extend(setting.problem((n, "remove"), wanted, None) for n in entries)
        return bool(entries)

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
        if not variable.key:
            return replace(setting, value=value)
        names = [entry[variable.key] for entry in value]
        indices = range(len(value)) if kept is None else kept
        return replace(setting, value=value, positions=dict(zip(names, indices, strict=True)))

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
