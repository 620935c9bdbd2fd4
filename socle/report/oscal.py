"""The report as OSCAL assessment results, for tools that keep the books of many assessments.

A host is an inventory item, an outcome an observation, a control a finding; a broken promise is an
open risk, a waiver an approved deviation with its deadline. What could not be measured is "not
satisfied": OSCAL knows no third state, and unknown never counts as good.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from socle.harmless import markdown
from socle.report.declared import NOTHING_DECLARED, Declared
from socle.report.promises import in_lines
from socle.report.view import Page, page

VERSION = "1.2.0"
NAMESPACE = "https://socle.invalid/ns/oscal"
METHOD = "TEST"
REASONS = {"pass": "pass", "fail": "fail", "waived": "fail", "unknown": "other"}

Json = dict[str, Any]


def as_oscal(
    document: Mapping[str, Any], language: str = "fr", declared: Declared = NOTHING_DECLARED
) -> Json:
    """The assessment results of a report document. Equal documents give equal results."""
    name = _Names(document)
    turned = page(document, language, declared)
    result = {
        "uuid": name("result"),
        "title": turned.name,
        "description": " ".join(sentence for _, sentence in turned.state()),
        "start": document["started"],
        "end": document["finished"],
        "props": [_prop("baseline-digest", document["baseline"]["digest"])],
        "local-definitions": {"inventory-items": [_item(h, name) for h in document["hosts"]]},
        "reviewed-controls": {"control-selections": [_selection(document)]},
        "observations": list(_observations(document, turned, name)),
        "risks": [*_broken(turned, name), *_deviations(document, turned, name)],
        "findings": list(_findings(turned, name)),
    }
    if not document["hosts"]:
        del result["local-definitions"]
    return {
        "assessment-results": {
            "uuid": name("document"),
            "metadata": {
                "title": turned.name,
                "last-modified": document["finished"],
                "version": document["finished"],
                "oscal-version": VERSION,
                "props": [_prop("socle-version", document["socle"])],
            },
            "import-ap": {"href": f"#{name('plan')}"},
            # OSCAL has no empty lists.
            "results": [{key: value for key, value in result.items() if value != []}],
            "back-matter": {
                "resources": [
                    {
                        "uuid": name("plan"),
                        "title": "socle verify",
                        "description": "Every control of the baseline on every host in its scope, "
                        "measured on the host itself, read-only.",
                    }
                ]
            },
        }
    }


class _Names:
    """UUIDs that follow from the practice, the moment, and what they stand for."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._base = uuid5(NAMESPACE_URL, f"socle/{document['practice']}/{document['finished']}")

    def __call__(self, *words: str) -> str:
        return str(uuid5(self._base, "/".join(words)))


def _text(said: str) -> str:
    """Somebody's words where OSCAL has Markdown."""
    return "\n".join(map(markdown, said.splitlines()))


def _prop(name: str, value: str) -> Json:
    return {"name": name, "ns": NAMESPACE, "value": value}


def _item(host: Mapping[str, Any], name: _Names) -> Json:
    addresses = [
        {"name": "ipv6-address" if ":" in address else "ipv4-address", "value": address}
        for address in host["addresses"]
    ]
    system = [{"name": "os-name", "value": host["os"]}] if host["os"] else []
    return {
        "uuid": name("host", host["name"]),
        "description": host["name"],
        "props": [{"name": "asset-id", "value": host["name"]}, *system, *addresses],
    }


def _selection(document: Mapping[str, Any]) -> Json:
    seen = {entry["control"] for host in document["hosts"] for entry in host["verdicts"]}
    chosen = [{"control-id": c["id"]} for c in document["controls"] if c["id"] in seen]
    return {"include-controls": chosen} if chosen else {"include-all": {}}


def _observations(document: Mapping[str, Any], turned: Page, name: _Names) -> Iterator[Json]:
    for host in document["hosts"]:
        for entry in host["verdicts"]:
            yield {
                "uuid": name("observation", entry["control"], host["name"]),
                "title": turned.title(entry["control"]),
                "description": _text(in_lines(entry) or entry["verdict"]),
                "props": [_prop("control", entry["control"]), _prop("verdict", entry["verdict"])],
                "methods": [METHOD],
                "subjects": [
                    {"subject-uuid": name("host", host["name"]), "type": "inventory-item"}
                ],
                "collected": document["finished"],
            }


def _findings(turned: Page, name: _Names) -> Iterator[Json]:
    for promise in turned.promises:
        given = [
            verdict for verdict in ("fail", "waived", "unknown", "pass") if promise.hosts(verdict)
        ]
        if not given:
            continue
        state = "satisfied" if given == ["pass"] else "not-satisfied"
        tally = ", ".join(f"{verdict}: {n}" for verdict, n in promise.tally)
        status = {"state": state, "reason": REASONS[given[0]], "remarks": tally}
        hosts = [host for verdict in given for host in promise.hosts(verdict)]
        risks = [
            {"risk-uuid": name("risk", promise.id, verdict)}
            for verdict in given
            if verdict in {"fail", "waived"}
        ]
        finding = {
            "uuid": name("finding", promise.id),
            "title": promise.title,
            "description": tally,
            "target": {"type": "objective-id", "target-id": promise.id, "status": status},
            "related-observations": _related(promise.id, hosts, name),
        }
        yield finding | ({"related-risks": risks} if risks else {})


def _related(control: str, hosts: list[str], name: _Names) -> list[Json]:
    return [{"observation-uuid": name("observation", control, host)} for host in hosts]


def _broken(turned: Page, name: _Names) -> Iterator[Json]:
    for promise in turned.decisions:
        hosts = list(promise.hosts("fail"))
        yield _risk(promise.id, promise.title, "fail", hosts, name) | {
            "statement": ", ".join(hosts),
            "status": "open",
            "props": [_prop("severity", promise.severity)],
        }


def _deviations(document: Mapping[str, Any], turned: Page, name: _Names) -> Iterator[Json]:
    for promise in turned.promises:
        hosts = list(promise.hosts("waived"))
        terms = [w for w in document["waivers"] if w["control"] == promise.id and not w["expired"]]
        valid = [waiver for waiver in terms if set(waiver["hosts"]) & set(hosts)]
        if not valid:
            continue
        yield _risk(promise.id, promise.title, "waived", hosts, name) | {
            "statement": _text("; ".join(f"{w['reason']} ({w['approved_by']})" for w in valid)),
            "status": "deviation-approved",
            "mitigating-factors": [
                {
                    "uuid": name("factor", promise.id, *waiver["hosts"], waiver["until"]),
                    "description": _text(waiver["compensating"]),
                }
                for waiver in valid
            ],
            "deadline": f"{min(waiver['until'] for waiver in valid)}T23:59:59Z",
        }


def _risk(control: str, title: str, verdict: str, hosts: list[str], name: _Names) -> Json:
    return {
        "uuid": name("risk", control, verdict),
        "title": title,
        "description": f"{control}: {verdict}",
        "related-observations": _related(control, hosts, name),
    }
