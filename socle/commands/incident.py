"""``socle incident``: the technical evidence of an incident, gathered before it is gone."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from socle.commands.console import say
from socle.commands.machines import Repeated, chosen, connected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from socle.baseline.model import Practice
    from socle.exposure.gather import Machine
    from socle.report.notification import Known

_AT_ONCE = 4  # machines
_DAYS = 30


def incident(
    practice: Path,
    *,
    limit: Annotated[Repeated, Parameter(name=("--limit", "--host"))] = None,
    since: str | None = None,
    known: str | None = None,
    out: Path | None = None,
    key: Path | None = None,
    bundles: Path | None = None,
) -> int:
    """Gather the evidence of an incident from the machines, and prepare the notification.

    Reads only: logs of ssh and of the firewall, connections, rules, settings, packages, logins,
    clocks. Secrets are masked; logs of imaging programs are counted, never copied. Each file is
    hashed, the sums are signed. notification.md has the CNIL's questions, in French.
    Exit code: 0 all is gathered and signed, 4 a machine could not be asked, 2 the words are wrong,
    or what was gathered is not signed.

    Parameters
    ----------
    practice
        Folder of the practice: inventories/demo.
    limit
        Only this host or group (may be given again; * and ? match).
    since
        From this day or moment on (2026-11-20, 2026-11-20T08:00), else the last 30 days.
    known
        When the practice came to know of it: the 72 hours count from there.
    out
        A new folder, outside of the checkout; else in your own state folder.
    key
        Sign with this key, else with the practice's.
    bundles
        Add the bundles of evidence in this folder.
    """
    from socle.baseline import load  # noqa: PLC0415 - `socle --help` needs none of these
    from socle.commands.exposure import files_of  # noqa: PLC0415
    from socle.evidence.store import operator_state  # noqa: PLC0415
    from socle.exposure import folder, stored  # noqa: PLC0415
    from socle.report.data import write_text  # noqa: PLC0415
    from socle.report.notification import notification  # noqa: PLC0415
    from socle.verify.collect import redactor  # noqa: PLC0415

    now = datetime.now().astimezone()
    start = _moment("--since", since, now) or now - timedelta(days=_DAYS)
    learned = _moment("--known", known, now)
    loaded = load(practice, identified=True)
    names = [host.name for host in chosen(loaded, limit or ())]
    declared, settings = files_of(practice)
    default = operator_state() / "incidents" / f"{loaded.name}-{now:%Y%m%dT%H%M%S}"
    place = folder.create(out or default, loaded.root)
    contents: dict[str, bytes] = {}
    machines: list[Machine] = []
    for machine in _gathered(loaded, names, start):  # each is on the disk before the next one ends
        folder.add(place, _files(machine))
        contents |= _files(machine)
        machines.append(machine)
    machines.sort(key=lambda machine: names.index(machine.name))
    rest = {"gathered.json": _about(machines, start, now)}
    rest |= stored.of_the_practice(settings.history, declared.folder, bundles, redactor(loaded))
    folder.add(place, rest)
    contents |= rest
    sums = folder.seal(place, contents)
    facts = _facts(loaded, machines, (start, now, learned))
    write_text(notification(facts), place / "notification.md")
    say(f"{place}: {len(contents)} files from {len(facts.machines)} machines")
    for name, why in facts.silent.items():
        say(f"not asked: {name}: {why}")
    _sign(sums, practice, key)
    return 4 if facts.silent else 0


def _moment(option: str, text: str | None, now: datetime) -> datetime | None:
    """A moment in the operator's time zone unless it says another."""
    from socle.errors import SocleError  # noqa: PLC0415

    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise SocleError(
            f"{option}: expected a day or a moment such as 2026-11-20T08:00, read {text}"
        ) from None
    if found > now:
        raise SocleError(f"{option}: expected a moment in the past, read {text}")
    return found


def _gathered(practice: Practice, names: Sequence[str], since: datetime) -> Iterator[Machine]:
    """The machines, each as soon as it has said all."""
    from socle.exposure.gather import gather  # noqa: PLC0415
    from socle.verify.collect import redactor  # noqa: PLC0415

    with connected(practice) as connections, ThreadPoolExecutor(_AT_ONCE) as pool:
        links = [connections.link(name) for name in names]
        asked = [pool.submit(gather, link, since, redactor(practice)) for link in links]
        for one in as_completed(asked):
            yield one.result()


def _facts(
    practice: Practice,
    machines: Sequence[Machine],
    moments: tuple[datetime, datetime, datetime | None],
) -> Known:
    """What the notification may say. ``moments``: since, now, when it became known."""
    from socle.commands.exposure import files_of  # noqa: PLC0415
    from socle.commands.history import kept  # noqa: PLC0415
    from socle.exposure.judge import judge  # noqa: PLC0415
    from socle.exposure.papers import attestations  # noqa: PLC0415
    from socle.report.declared import of  # noqa: PLC0415
    from socle.report.exposure import facts, seen  # noqa: PLC0415
    from socle.report.notification import Known, measures  # noqa: PLC0415

    since, now, learned = moments
    declared, settings = files_of(practice.folder)
    age, places = declared.max_age_days, declared.addresses
    signed = attestations(declared, settings, now)
    judged = judge(signed, places, now, age, declared.open_ports)
    runs = kept(settings.history, practice).runs
    rooms = of(practice.root)
    told = [one for one in facts(runs, now, age, rooms.inside) if one.host in practice.hosts]
    return Known(
        practice=practice.title,
        gathered=now,
        since=since,
        known=learned,
        approved_by=declared.approved_by,
        seen=seen(judged, places, told, rooms),
        machines=tuple(one.name for one in machines if not one.trouble),
        silent={one.name: one.trouble for one in machines if one.trouble},
        nature=tuple((one.name, *line) for one in machines for line in one.nature),
        data=tuple(line for one in machines for line in one.data),
        measures=measures(practice.controls, runs),
        verified=runs[-1].finished if runs else None,
    )


def _files(machine: Machine) -> dict[str, bytes]:
    """What a machine gave. Lone surrogates become "?"."""
    return {
        f"{machine.name}/{name}": text.encode(errors="replace")
        for name, text in machine.files.items()
    }


def _about(machines: Sequence[Machine], since: datetime, now: datetime) -> bytes:
    """What the machines were asked, and when."""
    from socle import __version__  # noqa: PLC0415

    asked = {one.name: {"trouble": one.trouble, "questions": one.notes} for one in machines}
    about = {
        "socle": __version__,
        "since": since.isoformat(),
        "gathered": now.isoformat(),
        "machines": asked,
    }
    return json.dumps(about, ensure_ascii=False, indent=2).encode(errors="replace")


def _sign(sums: Path, practice: Path, key: Path | None) -> None:
    """Sign the sums. Without a signature what was gathered stays."""
    from socle.commands.evidence_sign import sign  # noqa: PLC0415
    from socle.errors import SocleError  # noqa: PLC0415

    try:
        sign(sums, practice=practice, key=key)
    except SocleError as error:
        raise SocleError(
            f"{error}\nGathered, but not signed. When you have a key: "
            f"socle evidence sign {sums} --practice {practice}"
        ) from None
