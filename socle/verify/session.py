"""One verification in pytest: a check a host and control, each ending in an Outcome."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from socle.baseline.model import Control, Host, Practice
from socle.errors import SocleError
from socle.messages import Message, message
from socle.verify import clock
from socle.verify.checks import NotApplicable, noted, observed
from socle.verify.connections import Connections, Links
from socle.verify.fixtures import CONNECTIONS
from socle.verify.judging import Judgement, measured, unmeasured, with_waiver
from socle.verify.memory import Memory
from socle.verify.patience import bounded
from socle.verify.recorder import Recorder
from socle.verify.reporting import shape
from socle.verify.selection import Selection, in_scope, out_of_scope
from socle.verify.verdicts import Outcome

Connect = Callable[[Mapping[str, Host]], Links]


@dataclass
class Check:
    """One pytest item: a control on a host, and what was found so far."""

    control: Control
    target: Host
    seconds: float = 0.0
    found: Judgement | None = None
    facts: list[dict[str, Any]] = field(default_factory=list)

    def final(self) -> Judgement:
        """The verdict once the host's waiver is taken into account."""
        found = self.found or unmeasured(Message("the check did not run"))
        return with_waiver(found, self.target.waiver(self.control.id), clock.today())

    def outcome(self) -> Outcome:
        """What the reports keep of it."""
        final = self.final()
        return Outcome(
            host=self.target.name,
            control=self.control.id,
            verdict=final.verdict,
            grounds=final.grounds,
            measured=final.measured,
            seconds=round(self.seconds, 3),
            unreachable=final.unreachable,
            facts=tuple(self.facts),
        )


CHECK = pytest.StashKey[Check]()


def _live(practice: Practice) -> Connect:
    """Over connections to the practice's machines."""
    from socle.baseline.known_machines import KnownMachines  # noqa: PLC0415 - not on hosts

    notebook = Recorder(Memory.of(practice))
    return partial(Connections, notebook=notebook, known=KnownMachines(practice.folder))


class Session:
    """The plugin object of a verification: collects, connects, judges."""

    def __init__(
        self, config: pytest.Config, selection: Selection, connect: Connect | None = None
    ) -> None:
        """Verify what is selected, in this pytest session. ``connect``: how to reach hosts."""
        self._config = config
        self._selection = selection
        self._connect = connect or _live(selection.practice)
        self._rooms = selection.practice.root / "roles"

    def pytest_sessionstart(self) -> None:
        """Connect to the hosts while the checks are collected."""
        if self._config.option.collectonly:
            return
        selection = self._selection
        promises = [selection.control(one) for one in selection.wanted]
        hosts = [selection.practice.hosts[name] for name in selection.hosts]
        names = [host.name for host in hosts if any(in_scope(one, host) for one in promises)]
        try:
            connections = self._connect(selection.practice.hosts)
        except SocleError as error:
            raise pytest.UsageError(str(error)) from None
        self._config.stash[CONNECTIONS] = connections
        self._config.add_cleanup(connections.close)
        meanwhile = ThreadPoolExecutor(1)
        self._config.add_cleanup(meanwhile.shutdown)
        self._opening = meanwhile.submit(connections.open, names)

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """A room's unit tests (``roles/ROOM/tests``) are no checks."""
        return True if self._is_unit_test(collection_path) else None

    def _is_unit_test(self, path: Path) -> bool:
        """Whether it is ``roles/ROOM/tests``, or in it."""
        below = path.relative_to(self._rooms).parts if path.is_relative_to(self._rooms) else ()
        return below[1:2] == ("tests",)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One item a selected host. A room's test that names no known control is refused."""
        test = metafunc.definition
        marker = test.get_closest_marker("control")
        if marker is None:
            if test.path.is_relative_to(self._rooms) and not self._is_unit_test(test.path):
                raise pytest.Collector.CollectError(
                    f'{test.nodeid}: says no control: @control("…")'
                )
            return
        try:
            self._selection.control(marker.args[0])
        except LookupError as error:
            raise pytest.Collector.CollectError(f"{test.nodeid}: {error}") from None
        if "target" not in metafunc.fixturenames:
            raise pytest.Collector.CollectError(
                f"{test.nodeid}: looks at no host, settings or target"
            )
        metafunc.parametrize("target", self._selection.hosts, indirect=True, scope="session")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the selected controls; refuse two checks of one control on one host."""
        checks: dict[tuple[str, str], list[str]] = defaultdict(list)
        deselected = []
        for item in list(items):
            if self._is_unit_test(item.path):  # named on the command line, as molecule does
                deselected.append(item)
                items.remove(item)
                continue
            marker = item.get_closest_marker("control")
            if marker is None or not isinstance(item, pytest.Function):
                continue
            control = self._selection.control(marker.args[0])
            if control.id not in self._selection.wanted:
                deselected.append(item)
                items.remove(item)
                continue
            host = self._selection.practice.hosts[str(item.callspec.params["target"])]
            item.stash[CHECK] = Check(control, host)
            checks[control.id, host.name].append(item.nodeid)
        self._config.hook.pytest_deselected(items=deselected)
        _refuse_duplicates(checks)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Ask the hosts ahead, side by side."""
        if self._config.option.collectonly or session.testsfailed:
            return
        checks = [item.stash[CHECK] for item in session.items if CHECK in item.stash]
        asked: dict[str, list[str]] = defaultdict(list)
        for check in checks:
            if in_scope(check.control, check.target):
                asked[check.target.name].append(check.control.id)
        self._config.hook.pytest_socle_begin(checks=len(checks), hosts=tuple(asked))
        self._opening.result()
        self._config.stash[CONNECTIONS].begin(asked)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Before any fixture: ask nothing of a host out of scope, or that cannot be asked."""
        check = item.stash.get(CHECK, None)
        if check is None:
            return
        observed.set([])
        noted.set(check.facts)
        name, control = check.target.name, check.control
        self._config.hook.pytest_socle_check(host=name, control=control.id)
        if not in_scope(control, check.target):
            raise NotApplicable(out_of_scope(control, check.target))
        connections = self._config.stash[CONNECTIONS]
        connections.link(name).open()
        connections.turn(name, control.id)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, None, None]:
        """No machine's answers keep the others from being judged."""
        with bounded():
            yield

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge what the check raised, whatever pytest made of it."""
        report = yield
        check = item.stash.get(CHECK, None)
        if check is None:
            return report
        check.seconds += call.duration
        error = call.excinfo.value if call.excinfo else None
        if call.when == "teardown":
            if error is not None:
                check.found = unmeasured(message("cleaning up failed: {said}", said=error))
            self._config.hook.pytest_socle_outcome(outcome=check.outcome())
        elif call.when == "call" or error is not None:
            check.found = measured(error, observed.get() or ())
            shape(item, report, check.final())
        return report

    def pytest_sessionfinish(self) -> None:
        """Tell what the links know, before they are closed."""
        connections = self._config.stash.get(CONNECTIONS, None)
        if connections is not None:
            self._config.hook.pytest_socle_end(links=connections.used())


def _refuse_duplicates(checks: dict[tuple[str, str], list[str]]) -> None:
    """One test a control: two would leave it open which one speaks."""
    twice = [
        f"{control} is measured more than once on {host}: {', '.join(tests)}"
        for (control, host), tests in checks.items()
        if len(tests) > 1
    ]
    if twice:
        raise pytest.UsageError("\n".join(twice))
