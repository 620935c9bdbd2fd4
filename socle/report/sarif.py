"""The broken promises as SARIF 2.1.0, for the tools that gather findings of many scanners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from socle.report.labels import HOUSE, Labels
from socle.report.promises import in_lines

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
RANKS = {"critical": 95.0, "high": 75.0, "medium": 50.0, "low": 25.0}
"""How serious a finding is, of 100; consumers such as code hosting sites sort by it."""
KINDS = {
    "pass": "pass",
    "fail": "fail",
    "waived": "fail",  # suppressed: SARIF's own way to say that somebody accepted it
    "unknown": "open",
    "not-applicable": "notApplicable",
}

Json = dict[str, Any]


def as_sarif(document: Mapping[str, Any], language: str = "fr", labels: Labels = HOUSE) -> Json:
    """The SARIF log of a report document: one result for each control on each host."""
    numbers = {control["id"]: number for number, control in enumerate(document["controls"])}
    severities = {control["id"]: control["severity"] for control in document["controls"]}
    file = f"inventories/{quote(document['practice'], errors='replace')}/hosts.yml"
    results = [
        _result(entry, host["name"], numbers[entry["control"]], severities[entry["control"]], file)
        for host in document["hosts"]
        for entry in host["verdicts"]
    ]
    for result in results:
        _suppress(result, document["waivers"])
    run = {
        "tool": {
            "driver": {
                "name": "Socle",
                "version": document["socle"],
                "language": language,
                "rules": [_rule(control, language, labels) for control in document["controls"]],
            }
        },
        "invocations": [
            {
                "executionSuccessful": all(host["reachable"] for host in document["hosts"]),
                "startTimeUtc": document["started"],
                "endTimeUtc": document["finished"],
                "toolExecutionNotifications": list(_silent(document)),
            }
        ],
        "automationDetails": {"id": f"socle/{document['practice']}/"},
        "properties": {"baseline": document["baseline"]["digest"]},
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(control: Mapping[str, Any], language: str, labels: Labels) -> Json:
    sources = [
        labels.reference(key, value, language) for key, value in control["references"].items()
    ]
    return {
        "id": control["id"],
        "shortDescription": {"text": control["title"][language]},
        "defaultConfiguration": {
            "level": LEVELS[control["severity"]],
            "rank": RANKS[control["severity"]],
        },
        "properties": {"tags": [control["theme"], *sources], "severity": control["severity"]},
    }


def _result(entry: Mapping[str, Any], host: str, number: int, severity: str, file: str) -> Json:
    kind = KINDS[entry["verdict"]]
    return {
        "ruleId": entry["control"],
        "ruleIndex": number,
        "kind": kind,
        "level": LEVELS[severity] if kind == "fail" else "none",
        "message": {"text": _text(in_lines(entry) or entry["verdict"])},
        "locations": [
            {
                # Code hosting sites refuse a result without a file; this one names the host.
                "physicalLocation": {
                    "artifactLocation": {"uri": file, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"name": host, "kind": "machine"}],
            }
        ],
        "partialFingerprints": {"controlOnHost/v1": f"{entry['control']}@{host}"},
        "properties": {"verdict": entry["verdict"], "measured": entry["measured"]},
    }


def _suppress(result: Json, waivers: list[Mapping[str, Any]]) -> None:
    """A waived result bears the waiver's words."""
    if result["properties"]["verdict"] != "waived":
        return
    host = result["locations"][0]["logicalLocations"][0]["name"]
    result["suppressions"] = [
        {
            "kind": "external",
            "status": "accepted",
            "justification": f"{waiver['reason']} ({waiver['approved_by']}, {waiver['until']})",
        }
        for waiver in waivers
        if waiver["control"] == result["ruleId"] and host in waiver["hosts"]
    ]


def _silent(document: Mapping[str, Any]) -> Iterator[Json]:
    for host in document["hosts"]:
        if not host["reachable"]:
            reason = next(in_lines(one) for one in host["verdicts"] if one["unreachable"])
            yield {"level": "error", "message": {"text": _text(reason)}}


def _text(said: str) -> str:
    """What a machine said; readers of SARIF would make a link of [words](place)."""
    return said.replace("](", "] (")
