"""Verdicts as pytest itself shows them: terminal, JUnit."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from socle.evidence import files
from socle.verify.judging import Judgement
from socle.verify.verdicts import Verdict

if TYPE_CHECKING:
    from _pytest._io import TerminalWriter

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


def shape(item: pytest.Item, report: pytest.TestReport, final: Judgement) -> None:
    """Make pytest's report of ``item``, and its JUnit properties, say the verdict.

    fail and unknown fail, not-applicable is skipped, waived passes with its terms in a section.
    """
    item.user_properties.append(("verdict", str(final.verdict)))
    if final.verdict is Verdict.WAIVED:
        item.user_properties.append(("waived", final.detail))
        report.sections.append(("waived", final.detail))
    report.user_properties = list(item.user_properties)
    report.longrepr = None
    path, line, _ = report.location
    skipped = (path, line or 0, f"Skipped: {final.detail}")
    match final.verdict:
        case Verdict.PASS:
            report.outcome = "passed"
        case Verdict.NOT_APPLICABLE:
            report.outcome, report.longrepr = "skipped", skipped
        case Verdict.WAIVED if report.when == "setup":  # passed here, pytest would make the call
            report.outcome, report.longrepr = "skipped", skipped
        case Verdict.WAIVED:
            report.outcome = "passed"
        case Verdict.FAIL | Verdict.UNKNOWN:
            known = final.verdict is Verdict.FAIL
            said = Said(final.detail if known else f"unknown: {final.detail}")
            report.outcome, report.longrepr = "failed", said  # type: ignore[assignment]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Make JUnit's file before pytest fills it: readable by its owner alone, and no link."""
    asked = session.config.getoption("xmlpath", None)
    if not asked:
        return
    file = Path(os.path.expandvars(asked)).expanduser()  # as pytest reads it
    if file.is_file() or not file.exists():  # a terminal or a pipe keeps nothing
        file.parent.mkdir(parents=True, exist_ok=True)
        files.replace(file, b"")


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> Status | None:
    """The verdict's own word where pytest would say passed, failed or error."""
    if isinstance(report, pytest.CollectReport) or report.when == "teardown":
        return None
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
