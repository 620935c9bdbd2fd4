"""Broken and odd imaging servers, judged like all others (``# lab: imaging``)."""

from __future__ import annotations

import pytest
from scenarios import Batches, of_lab, selected

from socle.lab.scenarios import healthy
from socle.verify.verdicts import Verdict

pytestmark = [pytest.mark.lab, pytest.mark.proof]
NOT_MEASURED_HERE = {
    "orthanc-data-at-rest": (Verdict.UNKNOWN, "a container"),
    "dcm4chee-secured": (Verdict.NOT_APPLICABLE, "nothing answers as dcm4chee"),
}
"""What a mended container says: it has no disk of its own, and no dcm4chee."""


def lane(scenario):
    """Those that restart Orthanc take turns; the others disturb nobody."""
    return scenario.parent.name if scenario.parent.name in NOT_MEASURED_HERE else "orthanc"


@pytest.fixture(scope="module")
def batches(imaging, request):
    imaging.pyinfra("-y")
    return Batches(imaging, ("img12", "img13"), selected(request), lane)


@of_lab("imaging")
def test_the_scenario_is_judged_rightly(batches, scenario):
    made, mended = batches.outcomes(scenario)
    assert made.verdict is (Verdict.PASS if healthy(scenario) else Verdict.FAIL), made.detail
    verdict, reason = NOT_MEASURED_HERE.get(scenario.parent.name, (Verdict.PASS, ""))
    assert mended.verdict is verdict, mended.detail
    assert reason in mended.detail
