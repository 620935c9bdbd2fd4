"""The timers and services of the updates, as systemd merged them: what runs, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from socle.baseline.windows import Window, contains
from socle.machine import units
from socle.machine.units import Setting, Unit
from socle.messages import Message, message
from socle.render import render
from socle.verify.checks import unknown

CHECKOUT = Path(__file__).parents[2]  # where templates include from
SYSTEMD = Path(__file__).parent / "templates/etc/systemd/system"
WEEK = 7
NEVER = message("never")
CLOCK = "%Y-%m-%d %H:%M:%S"
PACKAGED = ("/usr/lib/systemd/system/", "/lib/systemd/system/")
RUNS = {
    "apt-daily.service": "/usr/lib/apt/apt.systemd.daily update",
    "apt-daily-upgrade.service": "/usr/lib/apt/apt.systemd.daily install",
}
"""What apt's own services run; their drop-ins of ours stand in files.yml."""


def merged(found: Mapping[str, Any], name: str) -> Unit:
    """A unit of the answer. Ends the check as unknown where systemd said nothing of it."""
    try:
        unit = units.read(found["units"]).get(name)
    except (KeyError, ValueError):
        unit = None
    if unit is None:
        unknown(message("systemd does not tell what {unit} is", unit=name))
    if unit.unread:
        unknown(message("{unit}: {files} cannot be read", unit=name, files=unit.unread))
    return unit


def oddities(unit: Unit, name: str, settings: Mapping[str, Any]) -> list[str | Message]:
    """What makes a unit another one than it is meant to be; nothing where it is that one.

    Drop-ins of others may change how it runs (nice, its journal), not what, nor whether.
    """
    own = SYSTEMD / f"{name}.j2"
    drop_in = SYSTEMD / f"{name}.d/socle.conf.j2"
    ours = set(_written(own if own.exists() else drop_in, settings))
    found: list[str | Message] = []
    if own.exists():
        there = unit.settings(unit.fragment)
        found += [message("{setting} is not Socle's", setting=str(one))
                  for one in there if one not in ours]  # fmt: skip
    else:
        there = [one for _, one in unit.added]
        if not unit.fragment.startswith(PACKAGED):
            found.append(message("{path} is not apt's own", path=unit.fragment or message("none")))
    found += [message("{setting} is missing", setting=str(one))
              for one in sorted(ours - set(there))]  # fmt: skip
    found += [message("{setting} ({path})", setting=str(one), path=path)
              for path, one in unit.added if one not in ours and not one.weightless]  # fmt: skip
    wanted = RUNS.get(name)
    if wanted and unit.commands() != [wanted]:
        found.append(message("it runs {command}", command=unit.commands() or message("nothing")))
    return found


def _written(template: Path, settings: Mapping[str, Any]) -> Iterator[Setting]:
    return units.settings_of(render(template, settings, CHECKOUT))


def local(moment: str, zone: str) -> datetime:
    """A moment of the answer in the practice's time."""
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))


def following(timer: Mapping[str, Any], zone: str) -> str | Message:
    """When a timer fires next, to be read."""
    return f"{local(timer['next'], zone):{CLOCK}}" if timer["next"] else NEVER


def planned(timer: Mapping[str, Any], zone: str) -> str | Message:
    """The next moment of a timer's calendar, to be read; also while what it started runs."""
    return f"{local(min(timer['fires']), zone):{CLOCK}}" if timer["fires"] else NEVER


def strays(timer: Mapping[str, Any], windows: Sequence[Window], zone: str) -> list[str | Message]:
    """The moments at which a timer fires outside of the windows, and what makes it so."""
    moments = [timer["next"], *timer["fires"]] if timer["next"] else timer["fires"]
    outside = [one for one in (local(m, zone) for m in moments) if not contains(windows, one)]
    found: list[str | Message] = []
    found += [f"{moment:{CLOCK}}" for moment in dict.fromkeys(outside)][:3]
    if timer["since_something"]:
        found.append(message("also counted from {moments}", moments=timer["since_something"]))
    if timer["delay"]:
        found.append(message("with a random delay of {n} min", n=timer["delay"] // 60))
    return found


def longest_pause(timer: Mapping[str, Any], now: int) -> float:
    """Days between two starts of a timer at most, from now on; endless where it never fires."""
    moments = sorted({datetime.fromisoformat(m).timestamp() for m in timer["fires"]})
    pauses = [(after - before) / 86400
              for before, after in zip([now, *moments], moments, strict=False)]  # fmt: skip
    return round(max(pauses, default=float("inf")), 1)


def planned_pause(windows: Sequence[Window]) -> int:
    """Days between two of the windows at most."""
    days = sorted({day for window in windows for day in window.weekdays})
    return max((after - before - 1) % WEEK + 1
               for before, after in zip(days, [*days[1:], days[0]], strict=True))  # fmt: skip
