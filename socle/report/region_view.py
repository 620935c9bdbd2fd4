"""The region's tally turned round for its page: what is least kept comes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from socle.baseline.model import Control
from socle.region.model import Judging, Source
from socle.region.sampling import SHARE
from socle.region.tally import AGES, PracticeState, Tally
from socle.report.promises import SEVERITIES
from socle.report.typography import DASH, NBSP, count, decimal, grouped, typeset
from socle.report.words import words

SHOWN = ("fail", "unknown", "waived", "pass")  # parts of a bar, the worst first
MOST_PRACTICES, MOST_VERSIONS = 60, 12  # lines on the page; the rest stands in the CSV table
Bar = tuple[tuple[str, float, float], ...]  # verdict, where it begins and how long it is, of 100


@dataclass(frozen=True)
class Origin:
    """How the tally came about.

    ``older``: bundles that a newer one replaces, ``back``: machines whose evidence is older than
    it was, ``claimed``: practices of which machines alone declare others that sent nothing,
    ``renewed``: machines that were installed anew,
    ``shared``: names of several practices, ``differing``: bundles whose verdicts are not what
    their answers give, ``expected``: practices of the region's file, None without one, ``here``:
    digest of the baseline of this checkout.
    """

    older: int
    back: int
    claimed: int
    renewed: int
    shared: int
    refused: int
    differing: int
    judging: Judging
    other_baseline: bool
    signatures: bool
    expected: int | None
    here: str


@dataclass(frozen=True)
class ControlLine:
    """One promise over the region; ``cells``: verdict -> machines and their share, in words."""

    id: str
    title: str
    severity: str
    applicable: int
    bar: Bar
    cells: Mapping[str, str]


@dataclass(frozen=True)
class PracticeLine:
    """One practice. ``verdict``: the worst that was found there."""

    state: PracticeState
    verdict: str
    critical: int
    high: int
    age: str
    old: bool


@dataclass(frozen=True)
class Line:
    """A name, how many machines, and a bar of 100 for the most of them."""

    name: str
    machines: int
    length: float
    note: str = ""


def control_lines(tally: Tally, language: str) -> tuple[ControlLine, ...]:
    """The promises: by the share of machines where they fail, then where nobody knows."""
    found = tally.by_control()
    lines = [_control_line(control, found[control.id], language) for control in tally.controls]
    order = {line.id: _rank(line, found[line.id]) for line in lines}
    return tuple(sorted(lines, key=lambda line: order[line.id]))


def practice_lines(tally: Tally, language: str) -> tuple[PracticeLine, ...]:
    """The practices: the gravest broken promises first, then what nobody knows."""
    severities: dict[str, str] = {c.id: c.severity for c in tally.controls}

    def rank(state: PracticeState) -> tuple[int, ...]:
        broken = [severities[name] for name in state.broken]
        unknown = len(severities) if not state.machines else len(state.unknown)
        return (*(-broken.count(severity) for severity in SEVERITIES), -unknown)

    worst = sorted(tally.practices(), key=lambda state: (rank(state), state.code))
    return tuple(
        _practice_line(state, [severities[name] for name in state.broken], language)
        for state in worst[:MOST_PRACTICES]
    )


def age_lines(tally: Tally, language: str) -> tuple[Line, ...]:
    """How many machines have evidence of which age."""
    text, most, start, lines = words(language), max([1, *tally.ages]), 0, []
    for end, machines in zip(AGES, tally.ages, strict=False):
        lines.append(
            Line(text["region_days"].format(start=start, end=end), machines, 100 * machines / most)
        )
        start = end + 1
    over = text["region_days_over"].format(end=AGES[-1])
    return (*lines, Line(over, tally.ages[-1], 100 * tally.ages[-1] / most))


def version_lines(tally: Tally, here: str, language: str) -> tuple[Line, ...]:
    """With which Socle and which baseline the evidence was collected, the most frequent first."""
    text, most = words(language), max([1, *tally.versions.values()])
    unknown = text["region_other_version"]
    ranked = sorted(tally.versions.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(
        Line(
            socle or unknown,
            machines,
            100 * machines / most,
            text["region_current"] if digest == here else digest[:12] or unknown,
        )
        for (socle, digest), machines in ranked[:MOST_VERSIONS]
    )


def state(tally: Tally, origin: Origin, language: str) -> tuple[tuple[str, str], ...]:
    """What there is to know, in sentences, each with the verdict whose mark it bears."""
    text, total = words(language), totals(tally)
    applicable = sum(total.values()) - total["not-applicable"]
    failing = sum(1 for counts in tally.by_control().values() if counts["fail"])
    said = []
    if applicable:
        share = decimal(1000 * total["pass"] // applicable / 10, language)  # never rounded up
        kept = text["region_kept"].format(
            share=share, n=grouped(total["pass"]), total=grouped(applicable)
        )
        said.append(("pass", kept))
    for verdict, key, n in (
        ("fail", "region_failing", failing),
        ("fail", "region_differing", origin.differing),
        ("unknown", "region_unknown", total["unknown"]),
        ("unknown", "region_old_machines", tally.sources[Source.OLD]),
        ("unknown", "region_silent_machines", tally.silent),
        ("unknown", "region_silent_practices", tally.silent_practices()),
        ("unknown", "region_claimed", origin.claimed),
        ("unknown", "region_back", origin.back),
        ("unknown", "region_unsigned", tally.signed[False]),
        ("unknown", "region_shared", origin.shared),
        ("unknown", "region_refused", origin.refused),
    ):
        if n:
            said.append((verdict, count(text[key], n, language, days=tally.max_age_days)))
    if not origin.signatures:
        said.append(("unknown", text["region_not_signed"]))
    return tuple(said)


def how(tally: Tally, origin: Origin, language: str) -> tuple[str, ...]:
    """How the verdicts were come by, in sentences."""
    text, said = words(language), []
    unjudged = tally.sources[Source.NONE] - tally.signed[False]
    for key, n in (
        ("region_again", tally.sources[Source.AGAIN]),
        ("region_declared", tally.sources[Source.DECLARED]),
        ("region_unjudged", unjudged),
        ("region_older", origin.older),
        ("region_renewed", origin.renewed),
    ):
        if n:
            said.append(count(text[key], n, language))
        if n and key == "region_declared":
            asked = "region_declared_asked" if origin.judging == "none" else "region_sample"
            said[-1] += f" {text[asked].format(share=SHARE)}"
    if origin.expected is not None:
        heard = grouped(len(tally) - tally.silent_practices())
        said.append(count(text["region_expected"], origin.expected, language, heard=heard))
    if origin.other_baseline:
        said.append(text["region_baseline"])
    if origin.signatures:
        said.append(text["region_signed"])
    return tuple(said)


def totals(tally: Tally) -> dict[str, int]:
    """Verdict -> how often it was given."""
    found: dict[str, int] = {}
    for counts in tally.by_control().values():
        for verdict, n in counts.items():
            found[verdict] = found.get(verdict, 0) + n
    return found


def _control_line(control: Control, counts: Mapping[str, int], language: str) -> ControlLine:
    applicable = sum(counts[verdict] for verdict in SHOWN)
    return ControlLine(
        control.id,
        typeset(control.title[language], language),
        control.severity,
        applicable,
        _bar(counts, applicable),
        {verdict: _cell(counts[verdict], applicable, language) for verdict in SHOWN},
    )


def _rank(line: ControlLine, counts: Mapping[str, int]) -> tuple[float, float, int, str]:
    machines = max(1, line.applicable)
    severity = SEVERITIES.index(line.severity)
    return -counts["fail"] / machines, -counts["unknown"] / machines, severity, line.id


def _bar(counts: Mapping[str, int], applicable: int) -> Bar:
    start, parts = 0.0, []
    for verdict in SHOWN:
        if counts[verdict]:
            length = 100 * counts[verdict] / applicable
            parts.append((verdict, start, length))
            start += length
    return tuple(parts)


def _cell(machines: int, applicable: int, language: str) -> str:
    """``1 234 (62 %)``; what is there is never 0 %, what is not everything never 100 %."""
    if not machines:
        return DASH
    most = 100 if machines == applicable else 99
    share = min(max(round(100 * machines / applicable), 1), most)
    percent = f"{share}{NBSP}%" if language == "fr" else f"{share}%"
    return f"{grouped(machines)}{NBSP}({percent})"


def _practice_line(state: PracticeState, broken: list[str], language: str) -> PracticeLine:
    verdict = "fail" if broken else "unknown" if state.unknown or not state.machines else "pass"
    missing = state.old or state.silent
    note = words(language)["region_old" if missing else "region_fresh"]
    age = f"{state.newest}, {note}"
    if state.oldest != state.newest:
        age = f"{state.newest}{DASH}{state.oldest}, {note}"
    if state.newest is None:
        age, missing = words(language)["region_silent"], 1
    return PracticeLine(
        state, verdict, broken.count("critical"), broken.count("high"), age, bool(missing)
    )
