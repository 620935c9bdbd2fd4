"""``socle history``: the runs that were kept, and what got better or worse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from socle.commands.console import SCREEN, say, warn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from socle.report.drift import Difference
    from socle.report.history import Apply, History, Run

_BARS = "▁▂▃▄▅▆▇█"
_HEADLINES = {
    "since_last_run": "the last run, against those before it",
    "effect_of_apply": "what the apply of {when} changed",
    "since_apply": "drift since the apply of {when}",
}


def history(
    practice: Path,
    *,
    history: Path | None = None,
    last: PositiveInt = 20,
    svg: Path | None = None,
    language: Literal["fr", "en"] = "fr",
    all_changes: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Show a practice's kept runs, and what changed since the last run and the last apply.

    Exit code: 0, also when something got worse (`socle verify --since-last` fails for that),
    2 the practice's files or the folder cannot be read. Runs of pyinfra are recorded; Ansible's
    are not.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    history
        Folder where the runs are kept, else the practice's own.
    last
        So many runs.
    svg
        Write a drawing over time here.
    language
        Of the drawing and of the controls' titles.
    all_changes
        Show new promises, gone ones and waivers, too.
    """
    from socle.baseline import load  # noqa: PLC0415 - `socle --help` needs none of these
    from socle.baseline.evidence import read  # noqa: PLC0415
    from socle.report.drift import chapters  # noqa: PLC0415

    loaded = load(practice)
    place = history or read(loaded.folder).history
    found = kept(place, loaded.name)
    if not found.runs:
        say(f"{place}: no run is kept yet: socle verify {practice}")
        return 0
    SCREEN.print(_table(found, last))
    say(f"kept: {_sparkline(found.runs[-last:])}  in {place}")
    titles = {c.id: c.title.get(language, c.id) for c in loaded.controls}
    for stretch, event, differences in chapters(found.runs, found.applies):
        headline = _HEADLINES[stretch].format(when=_moment(event))
        _tell(headline, differences, titles, all_changes=all_changes)
    if svg is not None:
        from socle.report.data import write_text  # noqa: PLC0415
        from socle.report.timeline import svg_over_time  # noqa: PLC0415

        write_text(svg_over_time(found.runs, found.applies, language), svg)
    return 0


def kept(place: Path, practice: str) -> History:
    """What is kept in a folder; what had to be left out is named on stderr."""
    from socle.errors import SocleError  # noqa: PLC0415
    from socle.report.history import read  # noqa: PLC0415

    try:
        found = read(place, practice)
    except OSError as error:
        raise SocleError(f"{place}: the history cannot be read: {error.strerror}") from None
    for line in found.left_out:
        warn(f"left out: {place}/{line}")
    return found


def _tell(
    headline: str,
    differences: Sequence[Difference],
    titles: Mapping[str, str],
    *,
    all_changes: bool,
) -> None:
    from socle.commands.differences import show  # noqa: PLC0415
    from socle.verify.changes import REGRESSIONS, Change  # noqa: PLC0415

    wanted = tuple(Change) if all_changes else (*REGRESSIONS, Change.BETTER)
    shown = [one for one in differences if one.change in wanted]
    others = len(differences) - len(shown)
    more = f" ({others} other changes: --all-changes)" if others else ""
    say()
    say(f"{headline}:{'' if shown else ' nothing better, nothing worse'}{more}")
    show(shown, titles)


def _table(found: History, last: int) -> Table:
    """The runs, the newest last, with the applies between them."""
    from rich.table import Column, Table  # noqa: PLC0415

    from socle.commands.verify_screen import SHOWN  # noqa: PLC0415
    from socle.report.drift import compare, known  # noqa: PLC0415
    from socle.report.history import Apply  # noqa: PLC0415
    from socle.verify.changes import Change  # noqa: PLC0415
    from socle.verify.verdicts import Verdict  # noqa: PLC0415

    words = [SHOWN[verdict][1].lower() for verdict in Verdict]
    columns = ("", *words, "hosts", "worse", "unseen", "better")
    moment = Column("when (UTC)", no_wrap=True)
    table = Table(moment, *columns, box=None, padding=(0, 1, 0, 0), header_style="bold")
    first = found.runs[-last:][0]
    events: list[Run | Apply] = [*found.runs, *found.applies]
    for event in sorted(events, key=lambda event: event.finished):
        if event.finished < first.finished:
            continue
        if isinstance(event, Apply):
            table.add_row(_moment(event), _applied(event), style="cyan")
            continue
        index = found.runs.index(event)
        moved = [one.change for one in compare(known(found.runs[:index]), event)] if index else []
        numbers = [event.counts[verdict] for verdict in Verdict]
        numbers.append(len({host for host, _ in event.verdicts}))
        numbers += [moved.count(one) for one in (Change.WORSE, Change.UNSEEN, Change.BETTER)]
        table.add_row(_moment(event), "verify", *(str(number or "·") for number in numbers))
    return table


def _applied(apply: Apply) -> str:
    failed = f", failed: {' '.join(apply.failed)}" if apply.failed else ""
    return f"apply {sum(apply.changed.values())}{failed}"


def _moment(event: Run | Apply) -> str:
    return f"{event.finished:%Y-%m-%d %H:%M}"


def _sparkline(runs: Sequence[Run]) -> str:
    """The share of promises kept, a bar a run, and the last one in figures."""
    shares = [run.kept for run in runs]
    bars = "".join(" " if s is None else _BARS[min(7, int(s * 8))] for s in shares)
    last = shares[-1]
    return f"{bars} {'?' if last is None else f'{last:.0%}'}"
