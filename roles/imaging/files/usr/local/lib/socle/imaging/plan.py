"""What has to change on this machine, and the change itself, which holds or is taken back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import certificates, change, folder, service
from .change import STATE, Wanted
from .errors import Trouble
from .wish import Wish, version

ORTHANC = Path("/etc/orthanc")
BROUGHT = Path("/etc/socle")
CONFINEMENT = Path("/etc/systemd/system/orthanc.service.d/socle.conf")
OURS = STATE / "modalities.json"
PEM, TRUSTED = certificates.HOME / "orthanc.pem", certificates.HOME / "trusted.pem"


@dataclass(frozen=True)
class Plan:
    """What is wished, what stands in Orthanc's folder, and the texts that differ."""

    wish: Wish
    files: list[folder.File]
    settings: dict[str, Any]  # for this version of Orthanc
    texts: dict[str, str]  # file name -> new text

    @classmethod
    def made(cls) -> Plan:
        """Raises Trouble for settings that Orthanc itself would refuse."""
        wish, files = Wish.read(BROUGHT), folder.read(ORTHANC)
        now = folder.merged(file for file in files if file.name != folder.OWN)
        own = {m.key: m.value for f in files if f.name == folder.OWN for m in f.members}
        ours = set(json.loads(OURS.read_text())) if OURS.exists() else set()
        settings = wish.for_orthanc(version(), {**own, **now}, ours)
        wish.refuse_folders(now)
        return cls(wish, files, settings, folder.planned(files, settings))

    @property
    def port(self) -> int:
        """Of the HTTP server behind TLS."""
        return self.wish.https_port

    @property
    def account(self) -> tuple[str, str]:
        """Whose password this machine has for its own questions."""
        return next(iter(self.wish.accounts.items()))

    def changes(self, due: str | None) -> dict[Path, Wanted]:
        """Every file that is not as it should be; ``due``: why the certificate is not."""
        names = dict.fromkeys([*(file.name for file in self.files), *self.texts])
        wanted = {ORTHANC / n: Wanted(self.texts.get(n), 0o640, "orthanc") for n in names}
        confinement = (BROUGHT / "imaging/confinement.conf").read_text(encoding="utf-8")
        wanted[CONFINEMENT] = Wanted(confinement, 0o644)
        wanted[PEM] = Wanted(certificates.server(self.wish) if due else None, 0o640, "orthanc")
        wanted[TRUSTED] = Wanted(certificates.trusted(self.wish), 0o644)
        wanted[OURS] = Wanted(json.dumps(sorted(self.wish.settings["DicomModalities"])), 0o600)
        return {path: one for path, one in wanted.items() if change.differs(path, one)}

    def differences(self) -> Iterator[str]:
        """Each difference in words: names of files and keys, no values."""
        if change.pending():
            yield "a change that was interrupted"
        due = certificates.due(self.wish)
        if due:
            yield f"certificate: {due}"
        else:
            yield from (self._about(path) for path in self.changes(None))
        yield from self._running()
        yield from (f"{path}: open to others" for path in self.open_folders())

    def open_folders(self) -> list[Path]:
        """Folders with images that other accounts may enter."""
        found = [Path(one) for one in self.wish.folders if Path(one).is_dir()]
        return [path for path in found if path.stat().st_mode & 0o007]

    def _about(self, path: Path) -> str:
        text = self.texts.get(path.name) if path.parent == ORTHANC else None
        if text is None:
            return str(path)
        old = next((f for f in self.files if f.name == path.name), folder.File(path.name, "{}"))
        new = folder.File(path.name, text)
        keys = dict.fromkeys(m.key for m in (*new.members, *old.members))
        differing = [k for k in keys if _value(old, k) != _value(new, k)]
        return f"{path.name}: {', '.join(differing) or 'its words'}"

    def _running(self) -> Iterator[str]:
        read = {
            service.UNIT: [*(ORTHANC / f.name for f in self.files), PEM, TRUSTED, CONFINEMENT],
            service.TLS: [PEM, certificates.HOME / "stunnel.conf"],
        }
        idle = list(filter(None, (_stale(unit, paths) for unit, paths in read.items())))
        yield from idle
        if idle:
            return
        live = None if self.texts else service.modalities(self.port, self.account)
        if live is not None and not self._as_declared(live):
            yield "modalities: changed in memory"

    def _as_declared(self, live: dict[str, Any]) -> bool:
        """Whether what runs has exactly the modalities of the files."""
        wanted = self.settings["DicomModalities"]
        if live.keys() != wanted.keys():
            return False
        ours = self.wish.settings["DicomModalities"]
        return all(
            live[name].get(key, value) == value
            for name, one in ours.items()
            for key, value in one.items()
        )


def apply(*, only_certificate: bool = False) -> list[str]:
    """Do what `Plan.differences` says; what was done, in words.

    ``only_certificate``: nothing but a certificate that is due.

    Raises:
        Trouble: nothing was changed, or all of it was taken back.
    """
    os.umask(0o077)
    certificates.HOME.mkdir(parents=True, exist_ok=True)
    interrupted = change.pending()
    if interrupted:
        change.take_back()
        change.forget()
    plan = Plan.made()
    said = list(plan.differences())
    due = certificates.due(plan.wish)
    if only_certificate:
        said = [f"certificate: {due}"] if due else []
    if not said and not interrupted:
        return []
    for path in plan.open_folders():
        path.chmod(path.stat().st_mode & ~0o007)
    changes = plan.changes(due)
    if only_certificate:
        changes = {path: one for path, one in changes.items() if path in (PEM, TRUSTED)}
    _change(plan, changes)
    return said


def _change(plan: Plan, changes: dict[Path, Wanted]) -> None:
    try:
        for path, one in changes.items():
            if path.parent == ORTHANC and one.text is not None and path.name != folder.OWN:
                change.keep_original(path)
        change.remember(changes)
    except (Trouble, OSError) as trouble:
        raise Trouble(f"{trouble}; nothing was changed") from None
    try:
        change.make(changes)
    except (Trouble, OSError) as trouble:  # the service runs on with what it has read
        _take_back(trouble)
        raise Trouble(f"{trouble}; the former settings are back") from None
    try:
        service.restart()
        service.wait(plan.port, plan.account)
    except (Trouble, OSError) as trouble:
        _take_back(trouble)
        after = ""
        try:
            service.restart()
        except (Trouble, OSError) as again:
            after = f"; even so: {again}"
        raise Trouble(f"{trouble}; the former settings are back{after}") from None
    change.forget()


def _take_back(trouble: Exception) -> None:
    try:
        change.take_back()
        change.forget()
    except (Trouble, OSError) as again:
        raise Trouble(
            f"{trouble}; the former settings could not be put back: {again}; mend that and run "
            "again: it begins with putting them back"
        ) from None


def _stale(unit: str, read: list[Path]) -> str | None:
    """Why the unit has to begin anew; ``read``: the files that it read when it began."""
    seen = service.shown(unit)
    if seen.get("UnitFileState") != "enabled" or seen.get("ActiveState") != "active":
        return f"{unit}: {seen.get('UnitFileState') or 'absent'}, {seen.get('ActiveState')}"
    if seen["NeedDaemonReload"] == "yes" or service.newest(read) > service.started(seen):
        return f"{unit}: it began before its settings were last changed"
    return None


def _value(file: folder.File, key: str) -> object:
    found = file.member(key)
    return None if found is None else (type(found.value), found.value)
