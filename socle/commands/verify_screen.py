"""What ``socle verify`` shows: live progress, the table of verdicts, what to do."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from socle.baseline.model import Practice
from socle.commands import durations
from socle.commands.console import Screen as Terminal
from socle.verify.verdicts import Outcome, Verdict

if TYPE_CHECKING:
    from socle.verify.links import Link

# Mark, word and style: never the colour alone.
SHOWN = {
    Verdict.PASS: ("✔", "pass", "green"),
    Verdict.FAIL: ("✘", "FAIL", "bold red"),
    Verdict.WAIVED: ("◐", "waived", "yellow"),
    Verdict.NOT_APPLICABLE: ("·", "n/a", "dim"),
    Verdict.UNKNOWN: ("?", "unknown", "bold magenta"),
}
WIDE = 160  # columns, where no terminal says how wide it is


class Screen:
    """Follows a verification (socle.verify.run.Progress), then concludes it."""

    def __init__(self, practice: Practice, language: str, *, verbose: bool) -> None:
        """Speak of ``practice``, with the controls' titles in ``language``."""
        self.os_names: dict[str, str] = {}
        self.links: Mapping[str, Link] = {}
        self._practice = practice
        self._titles = {c.id: c.title.get(language, c.id) for c in practice.controls}
        self._verbose = verbose
        self._executions: dict[str, int] = {}
        self._counts: Counter[Verdict] = Counter()
        terminal = sys.stdout.isatty()
        # Our own stdout: while a check runs, pytest has put another one in its place.
        self._console = Terminal(file=sys.stdout, width=None if terminal else WIDE)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[counts]}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not terminal,
        )
        self._task = self._bar.add_task("collecting the checks", total=None, counts="")

    def __enter__(self) -> Self:
        """Start the live display."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the live display, whatever happened."""
        self._bar.stop()

    def begin(self, checks: int, hosts: tuple[str, ...]) -> None:
        """The hosts are being connected to."""
        said = f"connecting to {len(hosts)} host{'s' * (len(hosts) != 1)}"
        self._bar.update(self._task, description=said, total=checks)

    def check(self, host: str, control: str) -> None:
        """This control is looked at on this host now."""
        self._bar.update(self._task, description=f"{host}: {control}")

    def outcome(self, outcome: Outcome) -> None:
        """A verdict: the counts on a terminal, else a line."""
        self._counts[outcome.verdict] += 1
        self._bar.update(self._task, advance=1, counts=_counted(self._counts))
        if self._bar.disable:
            mark, word, _ = SHOWN[outcome.verdict]
            self._console.say(f"{mark} {word:<8} {outcome.host}  {outcome.control}")

    def end(self, links: Mapping[str, Link]) -> None:
        """All is said: keep what the links know."""
        self.links = links
        self._executions = {name: link.executions for name, link in links.items()}
        self.os_names = {name: link.os_name for name, link in links.items() if link.os_name}

    def conclude(self, outcomes: list[Outcome], seconds: float) -> None:
        """The table, what is not right and how to mend it, the totals."""
        self._console.line()
        self._console.print(self._table(outcomes))
        for outcome in outcomes:
            if self._deserves_words(outcome):
                self._explain(outcome)
        lost = {o.host: o.grounds.reason for o in outcomes if o.unreachable}
        for sentence in lost.values():
            self._apart(f"? {sentence}", "bold magenta")
        hosts = len({outcome.host for outcome in outcomes})
        counts = _counted(Counter(outcome.verdict for outcome in outcomes))
        self._apart(
            f"{self._practice.name}: {len(outcomes)} verdicts on {hosts} host"
            f"{'s' * (hosts != 1)} in {seconds:.1f} s: {counts}"
        )
        if self._verbose:
            sent = ", ".join(f"{name} {count}" for name, count in self._executions.items())
            self._console.say(f"commands sent: {sent or 'none'}")

    def durations(self, outcomes: Iterable[Outcome], most: int | None, *, ahead: bool) -> None:
        """What the ``most`` expensive controls cost, else all. ``ahead``: some were asked so."""
        self._console.line()
        self._console.print(durations.table(durations.costs(outcomes, most)))
        if ahead:
            self._apart(durations.AHEAD)

    def _deserves_words(self, outcome: Outcome) -> bool:
        """A host that cannot be asked has one sentence, not one a control."""
        if outcome.unreachable or not outcome.detail:
            return False
        quiet = (Verdict.PASS, Verdict.NOT_APPLICABLE)
        return self._verbose or outcome.verdict not in quiet

    def _explain(self, outcome: Outcome) -> None:
        mark, word, style = SHOWN[outcome.verdict]
        took = f"  ({outcome.seconds:.2f} s)" if self._verbose else ""
        self._apart(f"{mark} {word}  {outcome.host}  {outcome.control}{took}", style)
        self._console.say(f"  {self._titles[outcome.control]}", style="italic")
        for line in outcome.detail.split("\n"):
            self._console.say(f"  {line}")

    def _table(self, outcomes: Iterable[Outcome]) -> Table:
        cells = {(o.control, o.host): o.verdict for o in outcomes}
        hosts = list(dict.fromkeys(host for _, host in cells))
        table = Table("control", *hosts, box=None, pad_edge=False, header_style="bold")
        for control in dict.fromkeys(control for control, _ in cells):
            table.add_row(control, *(_cell(cells.get((control, host))) for host in hosts))
        return table

    def _apart(self, line: str, style: str = "") -> None:
        self._console.line()
        self._console.say(line, style=style)


def _cell(verdict: Verdict | None) -> Text:
    if verdict is None:
        return Text("")
    mark, word, style = SHOWN[verdict]
    return Text(f"{mark} {word}", style=style)


def _counted(counts: Mapping[Verdict, int]) -> str:
    return ", ".join(f"{counts[v]} {SHOWN[v][1]}" for v in SHOWN if counts.get(v))
