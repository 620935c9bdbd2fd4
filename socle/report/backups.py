"""The state of the backups, from what the checks noted: last copy, last restore test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from socle.report.promises import VERDICTS
from socle.report.typography import long_day
from socle.report.view import Page
from socle.report.words import words

CONTROLS = ("backup-scheduled", "backup-restore-test")
"""Whose verdicts say how a machine's backups are; both have to hold."""

Fact = Mapping[str, Any]


@dataclass(frozen=True)
class Repository:
    """One place with copies of one machine, in words; a dash for what is not known."""

    name: str
    place: str
    copied: str
    restored: str


@dataclass(frozen=True)
class Machine:
    """A machine with data of its own. ``copied``, ``restored``: the oldest of its repositories."""

    name: str
    verdict: str
    copied: str
    restored: str
    repositories: tuple[Repository, ...]


def machines(page: Page) -> tuple[Machine, ...]:
    """The machines that have something to copy, in the practice's order."""
    facts = list(_facts(page.document))
    found = []
    for host in page.document["hosts"]:
        verdicts = {
            entry["verdict"] for entry in host["verdicts"] if entry["control"] in CONTROLS
        } - {"not-applicable"}
        own = [fact for machine, fact in facts if machine == host["name"]]
        if verdicts:
            found.append(_machine(host["name"], min(verdicts, key=VERDICTS.index), own, page))
    return tuple(found)


def exercise(page: Page) -> str:
    """When a whole machine was last restored, as the practice declares; empty when it does not."""
    days = [str(fact["date"]) for _, fact in _facts(page.document) if fact["kind"] == "exercise"]
    if not days:
        return ""
    day = long_day(datetime.fromisoformat(max(days)), page.language)
    return words(page.language)["exercise"].format(date=day)


def _facts(document: Mapping[str, Any]) -> Iterable[tuple[str, Fact]]:
    """(machine, fact) of every check; a disk's fact belongs to the machine that it names."""
    for host in document["hosts"]:
        for entry in host["verdicts"]:
            for fact in entry.get("facts", ()):
                yield str(fact.get("machine", host["name"])), fact


def _machine(name: str, verdict: str, facts: list[Fact], page: Page) -> Machine:
    copies = {f["repository"]: f for f in facts if f["kind"] in {"copy", "disk"}}
    tests = {f["repository"]: f for f in facts if f["kind"] == "restore"}
    names = dict.fromkeys([*copies, *tests])
    online = [one for one in names if copies.get(one, {}).get("kind") != "disk"]
    return Machine(
        name,
        verdict,
        _copied(_oldest(copies.get(one) for one in online), page),
        _restored(_oldest(tests.get(one) for one in online), page),
        tuple(_repository(one, copies.get(one), tests.get(one), page) for one in names),
    )


def _oldest(facts: Iterable[Fact | None]) -> Fact | None:
    """The fact that is longest ago; None where one is missing: then nothing is known of all."""
    found = list(facts)
    known = [fact for fact in found if fact is not None]
    failed = [fact for fact in known if fact.get("result", "ok") != "ok"]
    if failed:
        return failed[0]
    return min(known, key=_moment) if known and len(known) == len(found) else None


def _repository(name: str, copy: Fact | None, test: Fact | None, page: Page) -> Repository:
    text = words(page.language)
    kind = "disk" if copy and copy["kind"] == "disk" else (copy or {}).get("place", "")
    tested = text["disk_untested"] if kind == "disk" else _restored(test, page, files=True)
    return Repository(name, text[f"place_{kind}"] if kind else "", _copied(copy, page), tested)


def _copied(fact: Fact | None, page: Page) -> str:
    return long_day(_moment(fact), page.language) if fact else words(page.language)["not_known"]


def _restored(fact: Fact | None, page: Page, *, files: bool = False) -> str:
    text = words(page.language)
    if fact is None:
        return text["not_known"]
    day = long_day(_moment(fact), page.language)
    if fact["result"] != "ok":
        return text["restore_failed"].format(date=day)
    return text["restored"].format(date=day, n=fact["files"]) if files else day


def _moment(fact: Fact) -> datetime:
    return datetime.fromisoformat(fact["time"])
