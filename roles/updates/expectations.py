"""What more than one control of the updates, or one at length, holds a machine to."""

from __future__ import annotations

import hashlib

from roles.updates import apt_settings, jobs, repositories
from roles.updates.facts import ON_HOST, Facts, still_outdated
from socle.baseline.windows import Window
from socle.messages import message
from socle.verify.checks import AGAIN, expect
from socle.verify.settings import Settings

OTHER_FILE = message(
    "remove the file of /etc/apt/apt.conf.d that says otherwise, or {again}", again=AGAIN
)
RUN = message(
    "systemctl start apt-daily-upgrade.service; then its words: journalctl -u apt-daily-upgrade"
)


def windows_of(settings: Settings) -> list[Window]:
    """The idle windows."""
    return [Window.model_validate(one) for one in settings.updates_windows]


def expect_unit(found: Facts, settings: Settings, name: str) -> None:
    """A unit as apt's package and Socle wrote it: no drop-in changes what runs, or whether."""
    unit = jobs.merged(found, name)
    loaded = unit.value("LoadState") or "not loaded"
    seen = message("{unit}: {state}", unit=name, state=loaded)
    expect(loaded == "loaded", seen=seen, wanted="loaded", fix=AGAIN)
    odd = jobs.oddities(unit, name, settings)
    expect(
        not odd,
        seen=message("{unit}: {odd;}", unit=name, odd=odd or message("as written by its package")),
        wanted="nothing that changes what runs, or whether",
        fix=message(
            "systemctl cat {unit}; remove what is neither apt's nor Socle's, or {again}",
            unit=name,
            again=AGAIN,
        ),
    )


def expect_often(found: Facts, settings: Settings, name: str) -> None:
    """A timer fires as often as there are windows."""
    timer, planned = found["timers"][name], jobs.planned_pause(windows_of(settings))
    pause = jobs.longest_pause(timer, found["now"])
    expect(
        pause <= planned + 1,
        seen=message(
            "{unit}: up to {days} days between two starts", unit=f"{name}.timer", days=pause
        )
        if timer["fires"]
        else message("{unit}: no start in its calendar", unit=f"{name}.timer"),
        wanted=message("at each window: every {days} days at most", days=planned),
        fix=message("systemctl cat {unit}; remove what is not Socle's", unit=f"{name}.timer"),
    )


def expect_nothing_in_the_way(found: Facts, settings: Settings) -> None:
    """No priority, command or program of somebody else keeps updates from being installed."""
    outranked = repositories.outranked(found, settings.updates_distribution_origins)
    expect(
        not outranked,
        seen=message(
            "security updates that apt passes over: {archives;}",
            archives=outranked or message("none"),
        ),
        wanted="no archive of the distribution comes before its security archive",
        fix="take the pin out of /etc/apt/preferences.d, APT::Default-Release out of apt.conf.d",
    )
    hooks = apt_settings.untried_hooks(found)
    expect(
        not hooks,
        seen=message(
            "commands of no package, after which apt did nothing yet: {hooks;}",
            hooks=hooks or message("none"),
        ),
        wanted="none: one that fails ends every run",
        fix=message("take them out of /etc/apt/apt.conf.d, or prove them: {run}", run=RUN),
    )
    replaced = apt_settings.replaced_programs(found)
    expect(
        not replaced,
        seen=message(
            "programs of apt that were replaced: {programs}", programs=replaced or message("none")
        ),
        wanted="none",
        fix="apt-get install --reinstall apt unattended-upgrades, without files in /usr/local",
    )


def expect_new_code_runs(found: Facts, settings: Settings) -> None:
    """What was updated is what runs: services restart by themselves, the rest within days."""
    expect(
        apt_settings.restarts_services(found),
        seen=message(
            "needrestart: {state}",
            state=message("restarts services")
            if apt_settings.restarts_services(found)
            else message("does not run, or restarts nothing"),
        ),
        wanted="services whose libraries were replaced restart by themselves",
        fix=message(
            "remove the file of /etc/needrestart/conf.d that says otherwise, or {again}",
            again=AGAIN,
        ),
    )
    old = still_outdated(found, settings.updates_restart_days)
    expect(
        not old,
        seen=message(
            "running code that was replaced: {processes}", processes=old or message("none")
        ),
        wanted=message(
            "services restart at once, sessions within {days} days",
            days=settings.updates_restart_days,
        ),
        fix="needrestart -r a; log out, or restart the machine: systemctl reboot",
    )


def expect_timer(found: Facts, settings: Settings, name: str, *, persistent: bool) -> None:
    """A timer that is there, enabled, active, and will fire."""
    timer, unit = found["timers"][name], jobs.merged(found, f"{name}.timer")
    states = [unit.value("UnitFileState"), unit.value("ActiveState")]
    next_start = jobs.following(timer, settings.updates_time_zone)
    if unit.value("SubState") == "running" and timer["fires"]:
        next_start = message("when what it started has ended")
    expect(
        states == ["enabled", "active"] and next_start != jobs.NEVER,
        seen=message(
            "{unit}: {states}, next {moment}",
            unit=f"{name}.timer",
            states=states,
            moment=next_start,
        ),
        wanted="enabled, active, and a next start",
        fix=AGAIN,
    )
    wanted = "yes" if persistent else "no"
    expect(
        unit.value("Persistent") == wanted,
        seen=message(
            "{unit} catches up missed runs: {persistent}",
            unit=f"{name}.timer",
            persistent=unit.value("Persistent"),
        ),
        wanted=wanted,
        fix=AGAIN,
    )


def expect_setting(found: Facts, key: str, wanted: str) -> None:
    """One of apt's settings, as it is in force."""
    seen = apt_settings.values(found, key)
    expect(
        [one.lower() for one in seen] == [wanted],
        seen=message("{key} = {values}", key=key, values=seen or message("not set")),
        wanted=message("{value}", value=wanted),
        fix=OTHER_FILE,
    )


def expect_own_programs(found: Facts) -> None:
    """The programs that restart and that remember what is pending are ours."""
    wanted = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in ON_HOST.glob("*.py")}
    other = sorted(name for name, digest in wanted.items() if found["programs"].get(name) != digest)
    expect(
        not other,
        seen=message(
            "programs that are not Socle's own: {programs}", programs=other or message("none")
        ),
        wanted="none",
        fix=AGAIN,
    )
