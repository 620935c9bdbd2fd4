"""``socle evidence``: judge again what was collected, without any machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from socle.commands.console import say

if TYPE_CHECKING:
    from socle.evidence.model import Bundle
    from socle.verify.verdicts import Outcome

app = App(
    name="evidence", help="Evidence that can be judged again, and that nobody can edit unseen."
)


@app.command
def judge(
    *bundle: Path,
    baseline: Path | None = None,
    max_age: Annotated[float | None, Parameter(validator=Number(gt=0, lte=87600))] = None,
    language: Literal["fr", "en"] = "fr",
    verbose: Annotated[bool, Parameter(alias="-v", negative="")] = False,
) -> int:
    """Judge the promises again, from what the machines answered when a bundle was collected.

    The checks are those of this Socle; dates (waivers, certificates) are judged by the day of the
    bundle. What the bundle does not answer is unknown. Exit code: as `socle verify` has them; 1
    also where evidence is older than --max-age; 2 where a file is not a bundle.

    Parameters
    ----------
    bundle
        Files that `socle verify --evidence` wrote.
    baseline
        Resolve the practice's settings again, against this folder with group_vars/.
    max_age
        Hours: older evidence, or evidence from the future, is no longer good.
    language
        Of the controls' titles.
    verbose
        Show why a control does not apply, and what each pass has seen.
    """
    from socle.commands.verify_screen import Screen  # noqa: PLC0415 - `socle --help` is fast
    from socle.errors import SocleError  # noqa: PLC0415
    from socle.evidence.bundle import read  # noqa: PLC0415
    from socle.verify.replay import judge as judge_again  # noqa: PLC0415
    from socle.verify.run import exit_code  # noqa: PLC0415

    if not bundle:
        raise SocleError("evidence judge: expected at least one bundle, read none")
    everything: list[Outcome] = []
    all_young = True
    for stored in [read(path) for path in bundle]:
        practice, outcomes = judge_again(stored, baseline)
        screen = Screen(practice, language, verbose=verbose)
        screen.conclude(outcomes, sum(outcome.seconds for outcome in outcomes))
        _compare(stored, outcomes)
        all_young = _young(stored, max_age) and all_young
        everything += outcomes
    return exit_code(everything) if all_young else 1


def _young(stored: Bundle, max_age: float | None) -> bool:
    """Whether the bundle is young enough; say it where it is not."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from socle.evidence.signature import CLOCKS  # noqa: PLC0415

    if max_age is None:
        return True
    age = datetime.now(UTC) - stored.collected
    if age < -CLOCKS:
        say(f"{stored.host.name}  comes from the future: its clock was wrong")
        return False
    hours = age.total_seconds() / 3600
    if hours > max_age:
        say(f"{stored.host.name}  is {hours:.1f} hours old, the limit is {max_age:g}")
    return hours <= max_age


def _compare(stored: Bundle, outcomes: list[Outcome]) -> None:
    """Say where the verdict is another one than at the time."""
    then = {one.control: one.verdict for one in stored.verdicts}
    moment = stored.collected.isoformat(timespec="minutes")
    say(f"collected {moment} by Socle {stored.software.socle}")
    for one in outcomes:
        before = then.get(one.control, "not judged")
        if before != one.verdict:
            say(f"{one.host}  {one.control}: {before} then, {one.verdict} now")
