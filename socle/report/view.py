"""The document turned round for its readers: what to decide first, then by theme, then by host."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from socle.report.labels import GROUPS, THEMES, label, reference
from socle.report.typography import count, typeset
from socle.report.words import words

SEVERITIES = ("critical", "high", "medium", "low")
VERDICTS = ("fail", "waived", "unknown", "pass", "not-applicable")  # the worst first
SOON = 60  # days before the end of an exception from which the page says so


@dataclass(frozen=True)
class Finding:
    """The same answer of one control on one or more hosts."""

    verdict: str
    detail: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Promise:
    """One control with what was found on every host; ``verdicts``: host -> its verdict."""

    id: str
    title: str
    severity: str
    theme: str
    references: tuple[str, ...]
    verdicts: Mapping[str, Mapping[str, Any]]

    @property
    def rank(self) -> tuple[int, str]:
        """Sorts the most severe first."""
        return SEVERITIES.index(self.severity), self.title

    def findings(self, *wanted: str) -> tuple[Finding, ...]:
        """What the hosts that answered gave, equal answers put together, the worst first."""
        hosts: dict[tuple[str, str], list[str]] = {}
        for host, entry in self.verdicts.items():
            if not entry["unreachable"] and entry["verdict"] in wanted:
                hosts.setdefault((entry["verdict"], entry["detail"].strip()), []).append(host)
        found = [Finding(*answer, tuple(names)) for answer, names in hosts.items()]
        return tuple(sorted(found, key=lambda finding: VERDICTS.index(finding.verdict)))

    def hosts(self, verdict: str) -> tuple[str, ...]:
        """The hosts that gave a verdict."""
        return tuple(h for h, entry in self.verdicts.items() if entry["verdict"] == verdict)

    @property
    def tally(self) -> tuple[tuple[str, int], ...]:
        """How many hosts gave each verdict, the worst first; only those that occur."""
        counts = Counter(entry["verdict"] for entry in self.verdicts.values())
        return tuple((verdict, counts[verdict]) for verdict in VERDICTS if counts[verdict])


@dataclass(frozen=True)
class Theme:
    """Promises that belong together, the most severe first."""

    name: str
    promises: tuple[Promise, ...]


@dataclass(frozen=True)
class Page:
    """What the template reads beside the document itself."""

    document: Mapping[str, Any]
    language: str
    promises: tuple[Promise, ...]

    @property
    def themes(self) -> tuple[Theme, ...]:
        """The themes in the order of their first promise."""
        groups: dict[str, list[Promise]] = {}
        for promise in self.promises:
            if promise.verdicts:
                groups.setdefault(promise.theme, []).append(promise)
        return tuple(
            Theme(label(THEMES, key, self.language), tuple(sorted(group, key=lambda p: p.rank)))
            for key, group in groups.items()
        )

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
        summary = self.document["summary"]
        return sum(summary.values()) - int(summary["not-applicable"])

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
        """What one host gave: the worst verdicts first, among them the most severe promises."""
        found = [(p, p.verdicts[host]) for p in self.promises if host in p.verdicts]
        found.sort(key=lambda pair: (VERDICTS.index(pair[1]["verdict"]), pair[0].rank))
        return tuple(found)

    def facts(self, host: Mapping[str, Any]) -> tuple[str, ...]:
        """What is known of a host: its groups, its system, its addresses."""
        groups = [label(GROUPS, g, self.language) for g in host["groups"] if g != "all"]
        system = [host["os"]] if host["os"] else []
        return (*groups, *system, *host["addresses"])

    def days_left(self, waiver: Mapping[str, Any]) -> int:
        """Days from the measure to the end of an exception."""
        measured = datetime.fromisoformat(self.document["finished"]).date()
        return (date.fromisoformat(waiver["until"]) - measured).days

    def state(self) -> tuple[str, ...]:
        """What there is to know, in sentences: the first one for who reads no further."""
        summary, decisions = self.document["summary"], len(self.decisions)
        said = [self._kept(summary["pass"])]
        if decisions:
            said.append(self._decide(decisions))
        if self.away:
            names = ", ".join(host["name"] for host in self.away)
            said.append(self._say("state_away", len(self.away), names=names))
        for key, n in (
            ("state_unknown", summary["unknown"]),
            ("state_waived", summary["waived"]),
            ("state_partial", self.unexamined()),
        ):
            if n:
                said.append(self._say(key, n))
        return tuple(said)

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


def page(document: Mapping[str, Any], language: str) -> Page:
    """The document as a page in a language."""
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
            tuple(reference(k, v, language) for k, v in control["references"].items()),
            verdicts.get(control["id"], {}),
        )
        for control in controls
    )
    return Page(document, language, promises)
