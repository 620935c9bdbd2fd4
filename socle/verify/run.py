"""Verify a practice from Python: pytest runs inside, its own words stay out of the way."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from socle.baseline.model import Practice
from socle.errors import SocleError
from socle.grounds import Grounds
from socle.messages import message
from socle.verify import clock, plugin
from socle.verify.selection import Selection, in_scope, out_of_scope
from socle.verify.verdicts import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from socle.verify.links import Link
    from socle.verify.session import Connect

CHECKS = "*/test_*.py"
"""Where checks stand below the folder of all rooms; no other folder of a room is searched."""
NO_USE = ("doctest", "legacypath", "pastebin", "stepwise", "unittest", "unraisableexception")
"""Parts of pytest that would only cost time."""
_PYTEST_VARIABLES = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
FINE = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


class Progress(Protocol):
    """Who wants to follow a verification; the calls come in this order, from one thread."""

    def begin(self, checks: int, hosts: tuple[str, ...]) -> None:
        """``checks`` will run; ``hosts`` are being connected to."""

    def check(self, host: str, control: str) -> None:
        """This control is looked at on this host now."""

    def outcome(self, outcome: Outcome) -> None:
        """A verdict."""

    def end(self, links: Mapping[str, Link]) -> None:
        """All is said; a link knows its ``executions`` and ``os_name``."""


def verify(
    practice: Practice,
    *,
    limit: Sequence[str] = (),
    controls: Sequence[str] = (),
    junit: Path | None = None,
    progress: Progress | None = None,
    roles: Path | None = None,
    connect: Connect | None = None,
    moment: datetime | None = None,
) -> list[Outcome]:
    """Judge every selected control on every selected host, in the practice's order.

    ``limit``: host or group names, ``controls``: ids; ``*`` and ``?`` match. ``junit``: a file to
    write. ``roles``: where the checks are, else the practice's own rooms. A control that no check
    measures is unknown. ``connect``: how to reach the hosts, else over live connections;
    ``moment``: by which dates are judged, else now. Raises SocleError when nothing fits or the
    checks themselves are broken.
    """
    try:
        selection = Selection(practice, limit, controls)
    except pytest.UsageError as error:
        raise SocleError(str(error)) from None
    listener = _Listener(practice, progress, connect)
    arguments = _arguments(practice, roles or practice.root / "roles", junit)
    arguments += [f"--limit={word}" for word in limit]
    arguments += [f"--control={word}" for word in controls]
    said = io.StringIO()
    with _own_environment(), redirect_stderr(said), clock.at(moment or clock.now()):
        code = pytest.main(arguments, plugins=[listener])
    _raise_unless_fine(code, listener, said.getvalue())
    return _complete(listener.outcomes, selection)


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """What a command ends with.

    0: all good; 1: a control fails; 4: a host could not be asked; 3: something else is unknown.
    """
    judged = list(outcomes)
    if any(outcome.verdict is Verdict.FAIL for outcome in judged):
        return 1
    if any(outcome.unreachable for outcome in judged):
        return 4
    return 3 if any(outcome.verdict is Verdict.UNKNOWN for outcome in judged) else 0


class _Listener:
    """The pytest plugin that starts the session and takes what it says."""

    def __init__(
        self, practice: Practice, progress: Progress | None, connect: Connect | None
    ) -> None:
        self._practice = practice
        self._connect = connect
        self._progress = progress
        self.outcomes: list[Outcome] = []
        self.problems: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        # Nobody reads a traceback here, and pytest's own takes longer to write than a verdict.
        config.option.tbstyle = "value"
        plugin.start(config, self._practice, self._connect)

    def pytest_socle_begin(self, checks: int, hosts: tuple[str, ...]) -> None:
        if self._progress:
            self._progress.begin(checks, hosts)

    def pytest_socle_check(self, host: str, control: str) -> None:
        if self._progress:
            self._progress.check(host, control)

    def pytest_socle_outcome(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if self._progress:
            self._progress.outcome(outcome)

    def pytest_socle_end(self, links: Mapping[str, Link]) -> None:
        if self._progress:
            self._progress.end(links)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(str(report.longrepr))

    def pytest_internalerror(self, excrepr: object) -> None:
        self.problems.append(str(excrepr))


def _arguments(practice: Practice, roles: Path, junit: Path | None) -> list[str]:
    """Only what we name takes part: no configuration file's options, no other plugin."""
    checks = sorted(roles.glob(CHECKS)) or [roles]  # without any word pytest looks elsewhere
    arguments = [
        *map(str, checks),
        f"--rootdir={practice.root}",
        "--override-ini=addopts=",
        "--import-mode=importlib",
        "--strict-markers",
        "--capture=sys",
        "--disable-plugin-autoload",
        "-pno:terminal",
        "-pno:cacheprovider",
        *(f"-pno:{name}" for name in NO_USE),
        f"-p{plugin.__name__}",
    ]
    return arguments if junit is None else [*arguments, f"--junitxml={junit}"]


@contextmanager
def _own_environment() -> Iterator[None]:
    """Without the operator's own pytest options: they could change what is judged."""
    kept = {name: os.environ.pop(name) for name in _PYTEST_VARIABLES if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


def _raise_unless_fine(code: int, listener: _Listener, said: str) -> None:
    if code == pytest.ExitCode.INTERRUPTED and not listener.problems:
        raise KeyboardInterrupt
    if code not in FINE or listener.problems:
        problems = [problem.strip() for problem in (*listener.problems, said) if problem.strip()]
        raise SocleError("the checks could not run:\n" + "\n".join(problems))
    if not listener.outcomes:
        raise SocleError("no check was found for these controls")


def _complete(outcomes: list[Outcome], selection: Selection) -> list[Outcome]:
    """The outcomes, and the promises that nothing measures: silence would look like success."""
    found = {(outcome.host, outcome.control): outcome for outcome in outcomes}
    for host, control in selection.missing(found):
        unmeasured = Verdict.UNKNOWN if in_scope(control, host) else Verdict.NOT_APPLICABLE
        reason = (
            message("room {room} has no check for it", room=control.room)
            if unmeasured is Verdict.UNKNOWN
            else out_of_scope(control, host)
        )
        found[host.name, control.id] = Outcome(
            host.name, control.id, unmeasured, Grounds(reason=reason), unmeasured, 0.0
        )
    order = {control.id: number for number, control in enumerate(selection.practice.controls)}
    rank = {name: number for number, name in enumerate(selection.hosts)}
    return sorted(found.values(), key=lambda o: (rank[o.host], order[o.control]))
