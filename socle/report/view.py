"""The document turned round for its readers: what to decide first, then by theme, then by host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from socle.report.declared import NOTHING_DECLARED, Declared
from socle.report.promises import VERDICTS, Promise, Theme
from socle.report.sections import Section
from socle.report.typography import count, typeset
from socle.report.words import words

SOON = 60  # days before the end of an exception from which the page says so


@dataclass(frozen=True)
class Page:
    """What the template reads beside the document itself. ``declared``: what the rooms say."""

    document: Mapping[str, Any]
    language: str
    promises: tuple[Promise, ...]
    declared: Declared

    @property
    def name(self) -> str:
        """What the practice is called at the top: its own name, else after its folder.

        "cabinet-martin" needs no second "Cabinet".
        """
        name, text = str(self.document["practice"]), words(self.language)["practice"]
        called = str(self.document.get("practice_name") or name)
        if called != name:
            return called
        before = text.partition(" {")[0].casefold()
        return name if name.casefold().startswith(before) else text.format(practice=name)

    @property
    def themes(self) -> tuple[Theme, ...]:
        """The themes in the order of their first promise."""
        groups: dict[str, list[Promise]] = {}
        for promise in self.promises:
            if promise.verdicts:
                groups.setdefault(promise.theme, []).append(promise)
        return tuple(
            Theme(
                self.declared.labels.theme(key, self.language),
                tuple(sorted(group, key=lambda p: p.rank)),
            )
            for key, group in groups.items()
        )

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """What the rooms add."""
        return self.declared.sections(self)

    @property
    def decisions(self) -> tuple[Promise, ...]:
        """The promises that are broken somewhere, the most severe first."""
        broken = (promise for promise in self.promises if promise.findings("fail"))
        return tuple(sorted(broken, key=lambda promise: promise.rank))

    @property
    def unmeasured(self) -> tuple[Promise, ...]:
        """The promises that a host which answered could not be asked about."""
        return tuple(promise for promise in self.promises if promise.findings("unknown"))

    @property
    def away(self) -> tuple[Mapping[str, Any], ...]:
        """The hosts that did not answer."""
        return tuple(host for host in self.document["hosts"] if not host["reachable"])

    @property
    def applicable(self) -> int:
        """How many promises there were to keep."""
        counts: Mapping[str, int] = self.document["summary"]
        return sum(counts.values()) - counts["not-applicable"]

    @property
    def ring(self) -> tuple[tuple[str, float, float], ...]:
        """The ring's arcs: verdict, where it begins and how long it is, of 100.

        What is there can be seen: no arc is shorter than 1.5.
        """
        order = ("pass", "waived", "unknown", "fail")
        sizes = {verdict: self.document["summary"][verdict] for verdict in order}
        wide = {verdict: max(1.5, 100 * n / self.applicable) for verdict, n in sizes.items() if n}
        start, arcs = 0.0, []
        for verdict, width in wide.items():
            length = 100 * width / sum(wide.values())
            arcs.append((verdict, start, length))
            start += length
        return tuple(arcs)

    def unexamined(self) -> int:
        """How many promises nobody looked at in this run: hosts or controls that were left out."""
        return sum(
            1
            for control, promise in zip(self.document["controls"], self.promises, strict=True)
            for host in self.document["hosts"]
            if host["name"] not in promise.verdicts
            and set(control.get("applies_to", ())) & {"all", *host["groups"]}
        )

    def title(self, control: str) -> str:
        """A control's title; its id when the document does not have the control."""
        return next((p.title for p in self.promises if p.id == control), control)

    def on(self, host: str) -> tuple[tuple[Promise, Mapping[str, Any]], ...]:
        """What one host answered: the worst verdicts first, among them the most severe promises."""
        given = ((p, p.verdicts[host]) for p in self.promises if host in p.verdicts)
        found = [pair for pair in given if not pair[1]["unreachable"]]
        found.sort(key=lambda pair: (VERDICTS.index(pair[1]["verdict"]), pair[0].rank))
        return tuple(found)

    def facts(self, host: Mapping[str, Any]) -> tuple[str, ...]:
        """What is known of a host: its groups, its system, its addresses."""
        name = self.declared.labels.group_name
        groups = [name(group, self.language) for group in host["groups"] if group != "all"]
        system = [host["os"]] if host["os"] else []
        return (*groups, *system, *host["addresses"])

    def days_left(self, waiver: Mapping[str, Any]) -> int:
        """Days from the measure to the end of an exception."""
        measured = datetime.fromisoformat(self.document["finished"]).date()
        return (date.fromisoformat(waiver["until"]) - measured).days

    def state(self) -> tuple[tuple[str, str], ...]:
        """What there is to know, in sentences, each with the verdict whose mark it bears.

        The first one is for who reads no further.
        """
        summary, decisions = self.document["summary"], len(self.decisions)
        said = [("pass", self._kept(summary["pass"]))]
        if decisions:
            said.append(("fail", self._decide(decisions)))
        names = ", ".join(host["name"] for host in self.away)
        expired = sum(waiver["expired"] for waiver in self.document["waivers"])
        for verdict, key, n in (
            ("fail", "state_expired", expired),
            ("unknown", "state_away", len(self.away)),
            ("unknown", "state_unknown", summary["unknown"]),
            ("unknown", "state_partial", self.unexamined()),
            ("waived", "state_waived", summary["waived"]),
        ):
            if n:
                said.append((verdict, self._say(key, n, names=names)))
        return (*said, *self.declared.sentences(self))

    def _kept(self, kept: int) -> str:
        if not self.applicable:
            return words(self.language)["nothing"]
        if kept == self.applicable:
            return self._say("kept_all", kept)
        return self._say("kept", kept, total=self.applicable)

    def _decide(self, decisions: int) -> str:
        text = self._say("state_decide", decisions)
        critical = sum(promise.severity == "critical" for promise in self.decisions)
        return f"{text}, {self._say('state_critical', critical)}." if critical else f"{text}."

    def _say(self, key: str, n: int, **values: object) -> str:
        return count(words(self.language)[key], n, self.language, **values)


def page(document: Mapping[str, Any], language: str, declared: Declared = NOTHING_DECLARED) -> Page:
    """The document as a page in a language, with what the rooms have ``declared``."""
    verdicts: dict[str, dict[str, Mapping[str, Any]]] = {}
    for host in document["hosts"]:
        for entry in host["verdicts"]:
            verdicts.setdefault(entry["control"], {})[host["name"]] = entry
    controls: Sequence[Mapping[str, Any]] = document["controls"]
    promises = tuple(
        Promise(
            control["id"],
            typeset(control["title"][language], language),
            control["severity"],
            control["theme"],
            tuple(
                declared.labels.reference(k, v, language) for k, v in control["references"].items()
            ),
            verdicts.get(control["id"], {}),
        )
        for control in controls
    )
    return Page(document, language, promises, declared)
