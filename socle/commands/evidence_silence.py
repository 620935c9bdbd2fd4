"""``socle evidence silence``: which machines of a practice are no longer heard of?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

if TYPE_CHECKING:
    from datetime import datetime

    from socle.watch.silence import Heard


def silence(
    practice: Path,
    folder: Path,
    *,
    limit_hours: Annotated[float, Parameter(validator=Number(gt=0, lte=87600))] = 48,
    allowed_signers: Path | None = None,
    revoked: Path | None = None,
    authorities: Path | None = None,
    quiet: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Say which machines have sent no good evidence for too long.

    A bundle counts when somebody who may sign signed exactly these bytes; its age is that of its
    signed content, whatever the file's own date is. Older bundles are not looked at: `socle
    evidence verify` judges every file.
    Exit code: 0 all are heard of, 1 a machine is silent, 3 none is, but bundles do not count (they
    are named), 2 the words are wrong.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo. Its hosts are expected, its allowed_signers count.
    folder
        Where the machines drop their bundles, in folders of any depth.
    limit_hours
        How old the newest bundle of a machine may be.
    allowed_signers
        Who may sign, else the practice's.
    revoked
        Revoked keys, else the practice's.
    authorities
        Certificates of time stamping authorities (PEM), else the practice's.
    quiet
        Show only who is silent and what does not count.
    """
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - `socle --help` needs no more

    from socle.baseline.loading import host_names  # noqa: PLC0415
    from socle.commands.console import say  # noqa: PLC0415
    from socle.commands.evidence_sign import practice_folder, trust  # noqa: PLC0415
    from socle.watch.silence import Listener  # noqa: PLC0415

    place = practice_folder(practice)
    believed = trust(place, allowed_signers, revoked, authorities)
    now = datetime.now(UTC)
    limit = timedelta(hours=limit_hours)
    found = Listener(place.name, host_names(place), believed, limit, now).listen(folder)
    for heard in found.hosts:
        if heard.silent:
            say(f"✘ {heard.host}: {_since(heard, now)}", style="bold red")
        elif not quiet:
            say(f"✔ {heard.host}: {_since(heard, now)}", style="green")
    for refused in found.refused:
        say(f"! {refused.file}: does not count: {refused.reason}", style="yellow")
    if found.silent:
        return 1
    return 3 if found.refused else 0


def _since(heard: Heard, now: datetime) -> str:
    if heard.last is None:
        return "silent since ever: no good evidence of it"
    hours = (now - heard.last).total_seconds() / 3600
    age = f"{hours:.0f} h ago" if hours < 72 else f"{hours / 24:.0f} days ago"  # noqa: PLR2004
    word = "silent since" if heard.silent else "heard of at"
    return f"{word} {heard.last:%Y-%m-%d %H:%M} UTC, {age}"
