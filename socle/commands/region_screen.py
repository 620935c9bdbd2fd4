"""What `socle region` says on the terminal: progress, the files that were refused, the sums."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
from socle.region.model import Refused, Source
from socle.region.survey import Survey
from socle.region.tally import Tally
from socle.report.data import write_text
from socle.report.region_view import Origin, totals

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


def name_back(back: Sequence[Refused]) -> None:
    """Say which evidence counts though newer evidence of its machine did before."""
    for one in sorted(back, key=lambda one: one.path)[:NAMED]:
        warn(f"{one.path}: counts, and is older than before: {one.reason}")
    if len(back) > NAMED:
        warn(f"and {len(back) - NAMED} more machines whose evidence went back in time")


def name_silent(survey: Survey, silent: Mapping[str, str], codes: Path | None) -> None:
    """Say who is missing, and which names are those of several practices."""
    lines = [
        f"{head.practice}: declares {_some(machines)}, which sent no evidence"
        for head, machines in survey.silent.values()
    ]
    lines += [
        f"{head.practice}: a machine declares {_some(machines)}, no person does and none sent "
        "evidence: they are not counted"
        for head, machines in survey.claimed.values()
    ]
    lines += [
        f"{name}: several practices have this name; they are kept apart where they have an id "
        "(practice.yml). A machine that was installed anew: remove its older bundles"
        for name in sorted(survey.shared)
    ]
    for name, other in sorted(silent.items()):
        meant = f"; is it {other}, which is not in that file?" if other else ""
        if other == name:
            meant = "; a practice with this name came under an id: write that id instead"
        lines.append(f"{codes}: {name}: expected evidence of it, none counts{meant}")
    for one in lines[:NAMED]:
        warn(one)
    if len(lines) > NAMED:
        warn(f"and {len(lines) - NAMED} more of these")


def _some(machines: Collection[str]) -> str:
    """The first names, and how many more there are."""
    names, more = sorted(machines)[:NAMED], len(machines) - NAMED
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


def conclude(tally: Tally, origin: Origin, left_out: int) -> int:
    """Say what came of it in a few lines; the exit code."""
    total, sources = totals(tally), tally.sources
    counts = ", ".join(f"{n} {verdict}" for verdict, n in total.items() if n)
    heard = len(tally) - tally.silent_practices()
    lines = [
        f"{tally.machines} machines of {len(tally)} practices: {counts or 'nothing was judged'}",
        f"{sources[Source.AGAIN]} judged again, {sources[Source.DECLARED]} declared by the "
        f"practice, {sources[Source.OLD]} older than {tally.max_age_days} days, "
        f"{sources[Source.NONE]} without good evidence, {tally.silent} never heard of",
        f"{origin.older} older ones left aside, {left_out} files refused or not trusted",
    ]
    if origin.expected is not None:
        lines.append(
            f"{origin.expected} practices expected, {heard} received, "
            f"{tally.silent_practices()} silent"
        )
    if origin.renewed:
        lines.append(f"{origin.renewed} machines were installed anew: the newest counts")
    for one in lines:
        say(one)
    if origin.refused:
        return 2
    if total.get("fail"):
        return 1
    missing = tally.silent_practices() or origin.shared or left_out
    missing = missing or origin.back or origin.claimed
    return 3 if total.get("unknown") or missing else 0
