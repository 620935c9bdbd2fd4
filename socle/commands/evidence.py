"""``socle evidence``: judge again what was collected, without any machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from socle.commands.console import say

if TYPE_CHECKING:
    from socle.baseline.model import Practice
    from socle.evidence.model import Bundle
    from socle.evidence.signature import Trust
    from socle.evidence.vouching import Known
    from socle.verify.verdicts import Outcome

app = App(
    name="evidence", help="Evidence that can be judged again, and that nobody can edit unseen."
)


@app.command
def judge(
    *bundle: Path,
    practice: Path | None = None,
    allowed_signers: Path | None = None,
    revoked: Path | None = None,
    authorities: Path | None = None,
    baseline: Path | None = None,
    max_age: Annotated[float | None, Parameter(validator=Number(gt=0, lte=87600))] = None,
    language: Literal["fr", "en"] = "fr",
    verbose: Annotated[bool, Parameter(alias="-v", negative="")] = False,
) -> int:
    """Judge the promises again, from what the machines answered when a bundle was collected.

    The checks are those of this Socle; dates (waivers, certificates) are judged by the day of the
    bundle. What the bundle does not answer is unknown. Exit code: as `socle verify` has them; 1
    also where evidence is older than --max-age, or its signature does not fit or is nobody's who
    may sign; 2 where a file is not a bundle that can be judged (the others are).

    Parameters
    ----------
    bundle
        Files that `socle verify --evidence` wrote.
    practice
        Folder of the practice whose allowed_signers and revoked_signers count.
    allowed_signers
        Who may sign. Without it and --practice a signature must fit, whoever made it.
    revoked
        Revoked keys: public keys, or a KRL.
    authorities
        Certificates of time stamping authorities (PEM).
    baseline
        Resolve the practice's settings again, against this folder with group_vars/.
    max_age
        Hours: older evidence, or evidence from the future, is no longer good.
    language
        Of the controls' titles.
    verbose
        Show why a control does not apply, and what each pass has seen.
    """
    from socle.baseline.checkout import own_root  # noqa: PLC0415
    from socle.baseline.loading import check_region  # noqa: PLC0415
    from socle.commands.evidence_sign import trust  # noqa: PLC0415 - `socle --help` is fast
    from socle.commands.evidence_trust import known  # noqa: PLC0415
    from socle.commands.verify_screen import Screen  # noqa: PLC0415
    from socle.errors import SocleError  # noqa: PLC0415
    from socle.verify.run import exit_code  # noqa: PLC0415

    if not bundle:
        raise SocleError("evidence judge: expected at least one bundle, read none")
    asked = practice or allowed_signers or revoked or authorities
    believed = trust(practice, allowed_signers, revoked, authorities) if asked else None
    of = None if allowed_signers else known(practice)
    if baseline is not None:
        check_region(baseline.absolute(), own_root())
    everything: list[Outcome] = []
    refused: set[str] = set()
    good = True
    for path in bundle:
        try:
            stored, loaded, outcomes = _judged(path, baseline)
        except SocleError as error:
            refused.add(str(error))
            continue
        screen = Screen(loaded, language, verbose=verbose)
        screen.conclude(outcomes, sum(outcome.seconds for outcome in outcomes))
        _compare(stored, outcomes)
        good = all([_young(stored, max_age), _vouched(path, believed, of), good])
        everything += outcomes
    if refused:
        raise SocleError("\n".join(sorted(refused)))
    return exit_code(everything) if good else 1


def _judged(path: Path, baseline: Path | None) -> tuple[Bundle, Practice, list[Outcome]]:
    """A bundle and what it says today. Raises SocleError, whatever is wrong with it."""
    from socle.errors import SocleError  # noqa: PLC0415
    from socle.evidence.bundle import read  # noqa: PLC0415
    from socle.verify.replay import judge as judge_again  # noqa: PLC0415

    stored = read(path)
    try:
        return stored, *judge_again(stored, baseline)
    except (ValueError, LookupError, TypeError, RecursionError, OSError) as error:
        kind = type(error).__name__  # whatever a foreign bundle makes a check do
        raise SocleError(f"{path}: it cannot be judged: {kind}") from None


def _vouched(path: Path, believed: Trust | None, of: Known | None) -> bool:
    """Whether its signature lets a bundle count; say it where it does not."""
    from socle.commands.evidence_sign import tell  # noqa: PLC0415
    from socle.commands.evidence_trust import checked  # noqa: PLC0415
    from socle.evidence.signature import misfit  # noqa: PLC0415

    if believed is None:
        reason = misfit(path)
        if reason:
            say(f"{path}: the signature beside it does not fit: {reason}", style="bold red")
        return not reason
    result = checked(path, believed, of)
    tell(result)
    return result.good


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
