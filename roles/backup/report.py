"""The state of the backups, from what the checks noted: last copy, last restore test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from roles.backup.report_words import ENVELOPE, REFERENCES, WORDS
from socle.report.promises import VERDICTS
from socle.report.rooms import RoomReport
from socle.report.sections import Column, Machine, Row, Section
from socle.report.typography import long_day
from socle.report.view import Page

CONTROLS = ("backup-scheduled", "backup-restore-test")
"""Whose verdicts say how a machine's backups are; both have to hold."""

Fact = Mapping[str, Any]


def sections(page: Page) -> tuple[Section, ...]:
    """The machines that have something to copy, in the practice's order."""
    said = {key: text.said(page.language) for key, text in WORDS.items()}
    columns = zip(("repository", "last_copy", "last_restore"), (1.5, 1.1, 1.6), strict=True)
    section = Section(
        key="backups",
        title=said["backups"],
        intro=said["intro"],
        none=said["none"],
        brief=(said["last_copy"], said["restore_test"]),
        columns=tuple(Column(said[key], share) for key, share in columns),
        machines=tuple(_machines(page)),
        remark=_exercise(page),
    )
    return (section,)


def _exercise(page: Page) -> str:
    """When a whole machine was last restored, as the practice declares; empty when it does not."""
    days = [str(fact["date"]) for _, fact in _facts(page.document) if fact["kind"] == "exercise"]
    if not days:
        return ""
    day = long_day(datetime.fromisoformat(max(days)), page.language)
    return WORDS["exercise"].said(page.language).format(date=day)


def _machines(page: Page) -> Iterator[Machine]:
    facts = list(_facts(page.document))
    for host in page.document["hosts"]:
        verdicts = {
            entry["verdict"] for entry in host["verdicts"] if entry["control"] in CONTROLS
        } - {"not-applicable"}
        own = [fact for machine, fact in facts if machine == host["name"]]
        if verdicts:
            yield _machine(host["name"], min(verdicts, key=VERDICTS.index), own, page.language)


def _facts(document: Mapping[str, Any]) -> Iterable[tuple[str, Fact]]:
    """(machine, fact) of every check; a disk's fact belongs to the machine that it names."""
    for host in document["hosts"]:
        for entry in host["verdicts"]:
            for fact in entry.get("facts", ()):
                yield str(fact.get("machine", host["name"])), fact


def _machine(name: str, verdict: str, facts: list[Fact], language: str) -> Machine:
    """A machine is as old as the oldest of its repositories."""
    copies = {f["repository"]: f for f in facts if f["kind"] in {"copy", "disk"}}
    tests = {f["repository"]: f for f in facts if f["kind"] == "restore"}
    names = dict.fromkeys([*copies, *tests])
    online = [one for one in names if copies.get(one, {}).get("kind") != "disk"]
    copied = _copied(_oldest(copies.get(one) for one in online), language)
    restored = _restored(_oldest(tests.get(one) for one in online), language)
    rows = (_row(one, copies.get(one), tests.get(one), language) for one in names)
    return Machine(name, verdict, (copied, restored), tuple(rows))


def _oldest(facts: Iterable[Fact | None]) -> Fact | None:
    """The fact that is longest ago; None where one is missing: then nothing is known of all."""
    found = list(facts)
    known = [fact for fact in found if fact is not None]
    failed = [fact for fact in known if fact.get("result", "ok") != "ok"]
    if failed:
        return failed[0]
    return min(known, key=_moment) if known and len(known) == len(found) else None


def _row(name: str, copy: Fact | None, test: Fact | None, language: str) -> Row:
    """One place with copies of one machine."""
    kind = "disk" if copy and copy["kind"] == "disk" else (copy or {}).get("place", "")
    disk = WORDS["disk_untested"].said(language)
    tested = disk if kind == "disk" else _restored(test, language, files=True)
    place = WORDS[f"place_{kind}"].said(language) if kind else ""
    return Row(name, place, (_copied(copy, language), tested))


def _copied(fact: Fact | None, language: str) -> str:
    return long_day(_moment(fact), language) if fact else WORDS["not_known"].said(language)


def _restored(fact: Fact | None, language: str, *, files: bool = False) -> str:
    if fact is None:
        return WORDS["not_known"].said(language)
    day = long_day(_moment(fact), language)
    if fact["result"] != "ok":
        return WORDS["restore_failed"].said(language).format(date=day)
    if not files:
        return day
    return WORDS["restored"].said(language).format(date=day, n=fact["files"])


def _moment(fact: Fact) -> datetime:
    return datetime.fromisoformat(fact["time"])


REPORT = RoomReport(
    themes={"backup": ("Sauvegardes", "Backups")},
    groups={"backup_servers": ("Serveurs de sauvegarde", "Backup servers")},
    references=REFERENCES,
    sections=sections,
    uncovered=(ENVELOPE,),
)
