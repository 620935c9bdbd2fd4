"""What `socle region` says on the terminal: progress, the files that were refused, the sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from socle.commands.console import SCREEN, say, warn
from socle.harmless import line
from socle.region.model import Refused
from socle.region.survey import Reading
from socle.region.tally import Tally
from socle.report.data import write_text
from socle.report.region_view import totals

NAMED = 20  # files that are named on the terminal; the rest is counted


@contextmanager
def bar(title: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar with the rate and the time left; the function that moves it on."""
    rate = TextColumn("{task.fields[rate]}")
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), rate,
        TimeElapsedColumn(), TextColumn("left:"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=SCREEN, speed_estimate_period=120) as progress:
        task = progress.add_task(title, total=total, rate="")

        def step() -> None:
            speed = progress.tasks[0].speed
            progress.update(task, advance=1, rate=f"{speed:.1f}/s" if speed else "")

        yield step


def write_list(left_out: Sequence[Refused], file: Path) -> None:
    """Write every file and why, readable by its owner alone: paths have names in them."""
    lines = (f"{line(one.path)}\t{line(one.reason)}\n" for one in left_out)
    write_text("".join(lines), file)


def name(left_out: Sequence[Refused]) -> None:
    """Say which files count for nothing, or as unknown; names stay on the operator's terminal."""
    for one in left_out[:NAMED]:
        warn(f"{one.path}: {one.reason}")
    if len(left_out) > NAMED:
        more = len(left_out) - NAMED
        warn(f"and {more} more files; --refused FILE lists them all")


def conclude(tally: Tally, reading: Reading, left_out: Sequence[Refused]) -> int:
    """Say what came of it in a few lines; the exit code."""
    total = totals(tally)
    counts = ", ".join(f"{n} {verdict}" for verdict, n in total.items() if n)
    lines = [
        f"{tally.machines} machines of {len(tally)} practices: {counts or 'nothing was judged'}",
        f"{reading.older} older ones left aside, {len(left_out)} files refused or not trusted",
    ]
    if reading.mixed:
        lines.append(
            f"{len(reading.mixed)} machines have evidence of two installations: installed anew, "
            "or two practices of the same name"
        )
    for one in lines:
        say(one)
    if total.get("fail"):
        return 1
    return 3 if total.get("unknown") or left_out else 0
