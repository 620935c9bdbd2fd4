"""Broken hosts and oddly healthy ones: ``roles/*/scenarios/CONTROL/*.fail.sh``, ``*.pass.sh``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import parts
import pytest

from socle.commands.lab_try import what_is_wrong
from socle.lab.scenarios import find, header, name, undo_of
from socle.verify.verdicts import Outcome

ROLES = Path(__file__).parents[1] / "roles"
SCENARIOS = find(ROLES)


def of_lab(lab: str | None) -> pytest.MarkDecorator:
    """The test's parameter ``scenario``: those of one kind of machine (None: the containers)."""
    chosen = _of_lab(lab)
    return pytest.mark.parametrize("scenario", chosen, ids=map(name, chosen))


def in_turn(lab: str | None) -> pytest.MarkDecorator:
    """The same; those whose turn it is not today are proofs.

    A control's scenarios take turns, as many a day as make all of them in a week: mostly one.
    What a change costs does not grow with the scenarios that a room thinks of.
    """
    chosen = _of_lab(lab)
    controls: dict[str, list[Path]] = {}
    for scenario in chosen:
        controls.setdefault(scenario.parent.name, []).append(scenario)
    today = {one for each in controls.values() for one in parts.in_turn(each, parts.day())}
    later = pytest.mark.proof(in_turn=True)
    return pytest.mark.parametrize(
        "scenario",
        [pytest.param(s, id=name(s), marks=() if s in today else later) for s in chosen],
    )


def _of_lab(lab: str | None) -> list[Path]:
    return [scenario for scenario in SCENARIOS if header(scenario).get("lab") == lab]


class Batches:
    """Mistakes made at the same time, judged and mended together: it saves most of the runs.

    A batch has at most one mistake a lane (usually a room) and a machine, and the checks of a lane
    look at nothing of another lane: each is seen by its own check, or not at all.
    """

    def __init__(
        self,
        practice,
        machines: Sequence[str],
        scenarios: Iterable[Path],
        lane: Callable[[Path], str] = lambda scenario: scenario.parents[2].name,
    ) -> None:
        self.practice = practice
        self.machine: dict[Path, str] = {}
        self.batches: list[list[Path]] = []
        self.batch_of: dict[Path, list[Path]] = {}
        self.made: dict[Path, Outcome] = {}
        self.mended: dict[Path, Outcome] = {}
        taken: Counter[tuple[str, str]] = Counter()
        for scenario in scenarios:
            own, wanted = lane(scenario), header(scenario).get("host")
            free = min(machines, key=lambda name, own=own: taken[own, name])
            machine = self.machine[scenario] = wanted or free
            number = taken[own, machine]
            taken[own, machine] += 1
            self.batches += [[] for _ in range(number + 1 - len(self.batches))]
            self.batches[number].append(scenario)
            self.batch_of[scenario] = self.batches[number]

    def outcomes(self, scenario: Path) -> tuple[Outcome, Outcome]:
        """The verdict on the broken or odd machine, and after the undo, or after an apply."""
        if scenario not in self.mended:
            self._run(self.batch_of[scenario])
        return self.made[scenario], self.mended[scenario]

    def _run(self, batch: list[Path]) -> None:
        for scenario in batch:
            self.practice.root_on(self.machine[scenario], scenario.read_text())
        self.made |= self._verdicts(batch)
        undone = [scenario for scenario in batch if self._undo(scenario)]
        if undone != batch:
            machines = sorted({self.machine[scenario] for scenario in batch})
            limits = [word for machine in machines for word in ("--limit", machine)]
            self.practice.pyinfra("-y", *limits)
        self.mended |= self._verdicts(batch)

    def _undo(self, scenario: Path) -> bool:
        """Run what a person does where no engine can mend the world, if there is such a thing."""
        undo = undo_of(scenario)
        if undo:
            self.practice.root_on(self.machine[scenario], undo.read_text())
        return undo is not None

    def _verdicts(self, batch: list[Path]) -> dict[Path, Outcome]:
        controls: dict[str, list[str]] = {}
        for scenario in batch:
            controls.setdefault(self.machine[scenario], []).append(scenario.parent.name)
        found = {}
        for machine, names in controls.items():
            found |= self.practice.verdicts(limit=(machine,), controls=tuple(names))
        return {one: found[self.machine[one], one.parent.name] for one in batch}


def judged_rightly(batches: Batches, scenario: Path) -> None:
    """The check fails on the broken machine or passes on the odd one, and passes afterwards."""
    assert what_is_wrong(scenario, *batches.outcomes(scenario)) == []


def selected(request: pytest.FixtureRequest) -> list[Path]:
    """The scenarios of the requesting module that this run of pytest was asked for."""
    return [
        item.callspec.params["scenario"]
        for item in request.session.items
        if item.module is request.module and "scenario" in getattr(item, "fixturenames", ())
    ]
