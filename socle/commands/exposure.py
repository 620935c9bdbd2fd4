"""``socle exposure``: what answers from the Internet, in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from socle.commands.console import say, warn

if TYPE_CHECKING:
    from socle.baseline.evidence import EvidenceSettings
    from socle.exposure.declared import Declared

app = App(name="exposure", help="What of a practice answers from the Internet.")


@app.command
def check(
    practice: Path,
    *,
    history: Path | None = None,
    language: Annotated[Literal["fr", "en"], Parameter(alias="--lang")] = "fr",
) -> int:
    """Answer in a sentence: can images be reached from the Internet? Asks no machine.

    It reads the attestations and the last verdicts that `socle verify` kept.
    Exit code: 0 nothing answers, 1 something does, 3 nobody knows, 2 the files are wrong.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    history
        Folder where the runs are kept, else the practice's own.
    language
        Of the sentence.
    """
    from datetime import datetime  # noqa: PLC0415

    from socle.baseline import load  # noqa: PLC0415
    from socle.commands.history import kept  # noqa: PLC0415
    from socle.exposure.judge import judge  # noqa: PLC0415
    from socle.exposure.papers import attestations  # noqa: PLC0415
    from socle.report.declared import of  # noqa: PLC0415
    from socle.report.exposure import answer, facts  # noqa: PLC0415

    loaded = load(practice, identified=True)
    declared, settings = files_of(practice)
    now = datetime.now().astimezone()
    found = attestations(declared, settings, now)
    age = declared.max_age_days
    judged = judge(found, declared.addresses, now, age, declared.open_ports)
    runs = kept(history or settings.history, loaded).runs
    rooms = of(loaded.root)
    known = [one for one in facts(runs, now, age, rooms.inside) if one.host in loaded.hosts]
    said = answer(judged, declared.addresses, known, rooms, language)
    say(said.text)
    for one in found:
        if one.trouble:
            warn(f"does not count: {one.trouble}")
    return {"closed": 0, "open": 1, "unknown": 3}[said.state]


def files_of(practice: Path) -> tuple[Declared, EvidenceSettings]:
    """What the practice declares to the Internet, and how it signs."""
    from socle.baseline import evidence  # noqa: PLC0415
    from socle.commands.evidence_sign import practice_folder  # noqa: PLC0415
    from socle.exposure import declared  # noqa: PLC0415

    folder = practice_folder(practice)
    return declared.read(folder), evidence.read(folder)
