"""Verdicts as pytest itself shows them: terminal, JUnit."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from _pytest._io import TerminalWriter

from socle.verify.judging import Judgement
from socle.verify.verdicts import Verdict

Status = tuple[str, str, str | tuple[str, dict[str, bool]]]  # category, letter, word

STATUS: dict[Verdict, Status] = {
    Verdict.PASS: ("passed", ".", "PASS"),
    Verdict.FAIL: ("failed", "F", "FAIL"),
    Verdict.UNKNOWN: ("failed", "?", ("UNKNOWN", {"red": True})),
    Verdict.NOT_APPLICABLE: ("skipped", "s", "NOT APPLICABLE"),
    Verdict.WAIVED: ("waived", "w", ("WAIVED", {"yellow": True})),
}


@dataclass(frozen=True)
class Said:
    """A failure's text, shown as it stands: the operator has no use for a traceback."""

    text: str

    def __str__(self) -> str:
        """Give the text, for JUnit."""
        return self.text

    @property
    def reprcrash(self) -> SimpleNamespace:
        """What pytest's short summary quotes: the first line."""
        return SimpleNamespace(message=self.text.splitlines()[0])

    def toterminal(self, writer: TerminalWriter) -> None:
        """Called by pytest's terminal reporter."""
        writer.line(self.text)


def shape(report: pytest.TestReport, final: Judgement) -> None:
    """Make pytest's report say the verdict.

    fail and unknown fail, not-applicable is skipped, waived passes with its terms in a section.
    """
    report.user_properties.append(("verdict", str(final.verdict)))
    path, line, _ = report.location
    match final.verdict:
        case Verdict.PASS:
            report.outcome, report.longrepr = "passed", None
        case Verdict.NOT_APPLICABLE:
            report.outcome, report.longrepr = "skipped", (path, line or 0, _skipped(final.detail))
        case Verdict.WAIVED:
            report.sections.append(("waived", final.detail))
            report.outcome, report.longrepr = "passed", None
            if report.when == "setup":  # passed here, pytest would go on to the call
                report.outcome, report.longrepr = (
                    "skipped",
                    (path, line or 0, _skipped(final.detail)),
                )
        case Verdict.FAIL:
            report.outcome, report.longrepr = "failed", Said(final.detail)  # type: ignore[assignment]
        case Verdict.UNKNOWN:
            said = Said(f"unknown: {final.detail}")
            report.outcome, report.longrepr = "failed", said  # type: ignore[assignment]


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.TestReport) -> Status | None:
    """The verdict's own word where pytest would say passed, failed or error."""
    verdict = dict(report.user_properties).get("verdict")
    return None if verdict is None else STATUS[Verdict(str(verdict))]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Waived controls are never silent: their terms, whatever the verbosity."""
    waived = terminalreporter.stats.get("waived", [])
    if not waived:
        return
    terminalreporter.section("waived")
    for report in waived:
        terminalreporter.write_line(f"{report.nodeid}: {dict(report.sections)['waived']}")


def _skipped(detail: str) -> str:
    return f"Skipped: {detail}"
