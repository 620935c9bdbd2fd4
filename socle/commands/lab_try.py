"""``socle lab try``: one scenario on a warm machine of a lab, judged as it must be or not."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from socle import lab
from socle.baseline.known_machines import KnownMachines
from socle.commands.console import say, step
from socle.commands.labs import lab_of
from socle.commands.verify_screen import SHOWN
from socle.errors import SocleError
from socle.lab import scenarios
from socle.verify.connections import Connections
from socle.verify.run import verify
from socle.verify.selection import in_scope
from socle.verify.verdicts import Outcome, Verdict

if TYPE_CHECKING:
    from socle.baseline.model import Practice

SCRIPT_SECONDS = 120.0
_APPLIED = re.compile(r"^ *+(?!Grand total)(\S(?:.*?\S)?) ++1 ++1 ++- ++-\s*$", re.MULTILINE)
"""A row of pyinfra's last table: an operation on one host, which has changed something."""
_LAST = 20  # lines of a program that failed


class TryFailed(SocleError):
    """A step could not be done; the machine is left as it was then."""

    exit_code = 1


class Bench(Protocol):
    """The machine on which a mistake is tried."""

    def root(self, script: str) -> str:
        """Run a script as root; its output. TryFailed where it ends otherwise than with 0."""

    def judge(self, control: str) -> Outcome:
        """What the control's check says of the machine now."""

    def apply(self) -> list[str]:
        """Apply every room to the machine; what changed. TryFailed where that ends badly."""


def what_is_wrong(scenario: Path, made: Outcome, mended: Outcome) -> list[str]:
    """What a scenario's two verdicts should have been; nothing where both are right.

    ``made``: on the broken, or oddly healthy, host. ``mended``: after the undo, or an apply.
    """
    wanted, first = Verdict.FAIL, "not seen"
    if scenarios.healthy(scenario):
        wanted, first = Verdict.PASS, "a healthy host does not pass"
    pairs = ((first, wanted, made), ("not mended", Verdict.PASS, mended))
    return [
        f"{what}: expected {verdict}, read {outcome.verdict}: {outcome.detail}"
        for what, verdict, outcome in pairs
        if outcome.verdict is not verdict
    ]


def attempt(scenario: Path, bench: Bench) -> list[str]:
    """Make the mistake or the oddity, judge, undo or apply, judge again, and show each.

    Return what went wrong.

    Raises TryFailed where a step cannot be done.
    """
    control, undo = scenario.parent.name, scenarios.undo_of(scenario)
    with step(f"{'Change' if scenarios.healthy(scenario) else 'Break'}: {scenario.name}"):
        _show(bench.root(scenario.read_text(encoding="utf-8")))
    with step(f"Verify: {control}"):
        made = _shown(bench.judge(control))
    if undo:
        with step(f"Undo, as a person does what no engine can: {undo.name}"):
            _show(bench.root(undo.read_text(encoding="utf-8")))
    else:
        with step("Apply"):
            _show("\n".join(bench.apply()) or "nothing differed")
    with step(f"Verify again: {control}"):
        mended = _shown(bench.judge(control))
    return what_is_wrong(scenario, made, mended)


def machine_for(scenario: Path, practice: Practice, wanted: str | None) -> str:
    """The machine to break: the one asked for, the scenario's own, or the first in scope.

    Raises SocleError where the practice's lab has none.
    """
    header, control = scenarios.header(scenario), scenario.parent.name
    if "lab" in header:
        tested = f"pytest tests/lab tests/vm -k {scenarios.name(scenario)}"
        raise SocleError(
            f"{scenario.name}: this lab cannot show it, one of the tests can: {tested}"
        )
    named = wanted or header.get("host")
    if named:
        if named not in practice.hosts:
            raise SocleError(f"{named}: expected a host of {practice.name}")
        return named
    promise = next((one for one in practice.controls if one.id == control), None)
    if promise is None:
        raise SocleError(f"{scenario.name}: expected a control of its room, read {control}")
    found = [name for name, host in practice.hosts.items() if in_scope(promise, host)]
    if not found:
        raise SocleError(f"{control}: {practice.name} has no host to which it applies")
    return found[0]


class Warm:
    """A running machine of a practice's lab."""

    def __init__(self, practice: Practice, machine: str) -> None:
        """Raise SocleError where the machine does not run."""
        self._practice, self._machine, self._lab = practice, machine, lab_of(practice)
        if not lab.status(self._lab)[machine].running:
            raise SocleError(
                f"{machine} does not run: `make demo` boots and hardens the demo practice, "
                "`socle lab up PRACTICE` boots another one"
            )

    def root(self, script: str) -> str:
        """See Bench."""
        done = lab.run(self._lab, self._machine, script, timeout=SCRIPT_SECONDS)
        if done.returncode != 0:
            said = _last(done.stdout + done.stderr)
            raise TryFailed(
                f"the script ended with {done.returncode} on {self._machine}, which is left as it "
                f"is:\n{said}"
            )
        return done.stdout + done.stderr

    def judge(self, control: str) -> Outcome:
        """See Bench."""
        connect = partial(Connections, known=KnownMachines(self._practice.folder))
        found = verify(self._practice, limit=(self._machine,), controls=(control,), connect=connect)
        return found[0]

    def apply(self) -> list[str]:
        """See Bench."""
        program = Path(sys.executable).with_name("pyinfra")
        inventory = self._practice.folder / "inventory.py"
        done = subprocess.run(
            [program, inventory, "deploy.py", "-y", "--limit", self._machine],
            cwd=self._practice.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise TryFailed(f"pyinfra ended with {done.returncode}:\n{_last(done.stdout)}")
        return _APPLIED.findall(done.stdout)


def _shown(outcome: Outcome) -> Outcome:
    mark, word, style = SHOWN[outcome.verdict]
    say(f"    {mark} {word}  {outcome.host}", style=style)
    _show(outcome.detail)
    return outcome


def _show(text: str) -> None:
    for line in text.splitlines():
        say(f"    {line}")


def _last(said: str) -> str:
    return "\n".join(said.strip().splitlines()[-_LAST:])
