"""The updates' promises, asked of apt, systemd, the log, and of a run that changes nothing."""

import shlex
from datetime import UTC, datetime

import pytest

from roles.updates import apt_settings, facts, jobs, repositories
from roles.updates.expectations import (
    OTHER_FILE,
    RUN,
    expect_new_code_runs,
    expect_nothing_in_the_way,
    expect_often,
    expect_own_programs,
    expect_setting,
    expect_timer,
    expect_unit,
    windows_of,
)
from socle.machine.apt import truth
from socle.machine.apt_sources import sources
from socle.verify import AGAIN, control, expect, message, unknown

MOMENTS = {
    "fetched": message("package lists fetched"),
    "ran": message("last run (its stamp)"),
    "succeeded": message("last success (the log)"),
}


@pytest.fixture(scope="module")
def found(host):
    """What the machine says of its updates: one question for all the checks."""
    return facts.ask(host)


@control("auto-updates")
def test_updates_install_themselves(found, settings):
    """Timers run, apt's settings in force are ours, and a run without effect ends well."""
    for name in ("apt-daily", "apt-daily-upgrade"):
        expect_timer(found, settings, name, persistent=True)
        expect_unit(found, settings, f"{name}.timer")
        expect_unit(found, settings, f"{name}.service")
        expect_often(found, settings, name)
    run = found["dry_run"]
    expect(
        run is not None,
        seen="unattended-upgrades: installed" if run else "unattended-upgrades: not installed",
        wanted="installed",
        fix=AGAIN,
    )
    for key in ("Update-Package-Lists", "Unattended-Upgrade"):
        expect_setting(found, f"APT::Periodic::{key}", "always")
    expect_setting(found, "APT::Periodic::Enable", "1")
    expect_setting(found, "APT::Update::Error-Mode", "any")
    name = facts.codename(found)
    wanted = {repositories.with_codename(one, name) for one in settings.updates_origins}
    seen = apt_settings.origins(found)
    expect(
        seen == wanted,
        seen=message("updates come from: {origins;}", origins=sorted(seen) or message("nowhere")),
        wanted=message("{origins;}", origins=sorted(wanted)),
        fix=OTHER_FILE,
    )
    strange = apt_settings.strange_settings(found, settings)
    expect(
        not strange,
        seen=message(
            "other settings of the updates: {settings;}", settings=strange or message("none")
        ),
        wanted="none that could keep an update away",
        fix=OTHER_FILE,
    )
    options = apt_settings.values(found, "DPkg::Options")
    asks = "--force-confold" not in options or "--force-confnew" in options
    expect(
        not asks,
        seen=message(
            "a changed configuration file: {options}",
            options=" ".join(options) or message("dpkg asks"),
        ),
        wanted="it is kept, and nobody is asked: --force-confold",
        fix=OTHER_FILE,
    )
    fetched = repositories.security_sources(found)
    expect(
        fetched,
        seen=message(
            "security archive of {release}: fetched"
            if fetched
            else "security archive of {release}: not a source with fetched lists",
            release=name,
        ),
        wanted="the security archive is a source of this machine",
        fix="add the security archive to /etc/apt/sources.list, then apt-get update",
    )
    expect_nothing_in_the_way(found, settings)
    silent = found["apt"]["silent_proxies"]
    if silent:
        unknown(
            message("apt's proxy takes no connection at this moment: {proxies}", proxies=silent)
        )
    if run["code"] is None:
        unknown(
            message(
                "unattended-upgrade --dry-run: {said}; verify again in some minutes",
                said=run["said"][-1],
            )
        )
    expect(
        run["code"] == 0,
        seen=message(
            "unattended-upgrade --dry-run ended with {code}: {said}",
            code=run["code"],
            said=str(run["said"][-1:]),
        ),
        wanted="it ends with 0",
        fix=message(
            "dpkg --configure -a; apt-get --fix-broken install; then {run}",
            run=RUN,
        ),
    )


@control("update-window-reboot")
def test_updates_and_restarts_keep_to_the_windows(found, settings):
    """Each coming start is inside a window; nobody else restarts; no restart waits too long."""
    windows = windows_of(settings)
    names = ["apt-daily", "apt-daily-upgrade"]
    if settings.updates_automatic_restart:
        expect_timer(found, settings, "socle-reboot", persistent=False)
        for unit in ("socle-reboot.timer", "socle-reboot.service"):
            expect_unit(found, settings, unit)
        names.append("socle-reboot")
    for name in names:
        timer = found["timers"][name]
        stray = jobs.strays(timer, windows, settings.updates_time_zone)
        unit = f"{name}.timer"
        expect(
            timer["fires"] and not stray,
            seen=message(
                "{unit}: {moment}; outside the windows: {strays}" if stray else "{unit}: {moment}",
                unit=unit,
                moment=jobs.planned(timer, settings.updates_time_zone),
                **({"strays": stray} if stray else {}),
            ),
            wanted=message(
                "every start within {windows}, {zone}",
                windows=settings.updates_restart_windows,
                zone=settings.updates_time_zone,
            ),
            fix=message(
                "systemctl cat {unit}; remove the drop-in that is not Socle's, or {again}",
                unit=unit,
                again=AGAIN,
            ),
        )
    expect_setting(found, "Unattended-Upgrade::Automatic-Reboot", "false")
    expect_own_programs(found)
    pending = found["required"]
    seconds, when = facts.age(found, "required") if pending else (0, message("none pending"))
    expect(
        seconds <= settings.updates_restart_days * facts.DAY,
        seen=message(
            "restart needed: {when} ({packages}); logged in: {users}",
            when=when,
            packages=found["required_by"] or message("no package named"),
            users=found["users"] or message("nobody"),
        ),
        wanted=message("a restart waits {days} days at most", days=settings.updates_restart_days),
        fix="log out and restart the machine: systemctl reboot",
    )
    expect(
        facts.runs_newest_kernel(found) or found["required"],
        seen=facts.kernel_words(found),
        wanted="the newest installed kernel runs, or a restart is pending",
        fix="restart the machine: systemctl reboot",
    )


@control("updates-fresh")
def test_security_updates_are_applied_in_time(found, settings):
    """The lists are new, a run succeeded lately, and nothing waits or is held for too long."""
    limit = settings.updates_max_age_days * facts.DAY
    next_run = jobs.following(found["timers"]["apt-daily-upgrade"], settings.updates_time_zone)
    for key, what in MOMENTS.items():
        seconds, when = facts.age(found, key)
        expect(
            seconds <= limit,
            seen=message(
                "{what}: {when}; next run: {moment}", what=what, when=when, moment=next_run
            ),
            wanted=message("at most {days} days ago", days=settings.updates_max_age_days),
            fix=RUN,
        )
    expired = [one["codename"] for one in found["lists"]
               if one["valid_until"] and one["valid_until"] < found["now"]]  # fmt: skip
    expect(
        not expired,
        seen=message(
            "lists past their own end of validity: {lists}", lists=expired or message("none")
        ),
        wanted="none",
        fix="apt-get update, and see why it fails",
    )
    held = sorted(set(found["held"]) - set(settings.updates_held_packages))
    expect(
        not held,
        seen=message("held back from all updates: {packages}", packages=held or message("none")),
        wanted="only packages of updates_held_packages, under a waiver",
        fix=message(
            "apt-mark unhold {packages}, or a waiver that sets updates_held_packages",
            packages=shlex.join(held),
        ),
    )
    late, waiting = [], []
    for package, security in sorted(found["pending"].items()):
        since = found["now"] - found["first_seen"].get(package, found["now"])
        bound = settings.updates_security_days if security else settings.updates_pending_days
        waiting.append(package)
        if since > bound * facts.DAY and package not in settings.updates_held_packages:
            late.append(
                message(
                    "{package} (security, seen {days} days ago)"
                    if security
                    else "{package} (seen {days} days ago)",
                    package=package,
                    days=facts.days(since),
                )
            )
    expect(
        not late,
        seen=message("pending: {n} updates; too late: {late}", n=len(waiting), late=late)
        if late
        else message("pending: {n} updates", n=len(waiting)),
        wanted=message(
            "security updates within {security} days, others within {others}, "
            "counted from when this machine first saw them",
            security=settings.updates_security_days,
            others=settings.updates_pending_days,
        ),
        fix=message("apt-cache policy PACKAGE says what keeps it (a hold, a pin); {run}", run=RUN),
    )
    behind = found["kernels_behind"]
    expect(
        not behind,
        seen=message("kernels that nothing updates: {kernels}", kernels=behind or message("none")),
        wanted="the package that brings the next kernel is installed (linux-image-…)",
        fix="apt-get install linux-image-amd64, or that of the machine's own kind",
    )
    if found["apt_error"]:
        unknown(message("apt cannot tell what is pending: {said}", said=found["apt_error"]))
    expect_new_code_runs(found, settings)


@control("release-supported")
def test_the_release_gets_security_updates_for_long_enough(found, settings):
    """Debian's own calendar on the machine, against the machine's own date."""
    system = found["release"]["system"]
    if not found["release"]["calendar"]:
        unknown("no calendar of support on this machine: install distro-info-data")
    name = system.get("PRETTY_NAME", message("unknown system"))
    today = datetime.fromtimestamp(found["now"], UTC).date()
    try:
        ends = facts.support_ends(found, today)
    except ValueError:
        unknown("the calendar of support on this machine cannot be read: install distro-info-data")
    left = (ends[0] - today).days if ends else -1
    expect(
        left >= settings.updates_support_margin_days,
        seen=message(
            "{system}: supported until {day} ({kind}), {left} days",
            system=name,
            day=str(ends[0]),
            kind=ends[1],
            left=left,
        )
        if ends
        else message("{system}: no support planned", system=name),
        wanted=message("{days} days of support left", days=settings.updates_support_margin_days),
        fix="plan the next release now: backup, upgrade or reinstallation, tests of the software",
    )
    releases = {one.get("codename", "").partition("-")[0] for one in found["lists"]
                if one.get("origin", "").lower() == system.get("ID")}  # fmt: skip
    expect(
        releases <= {facts.codename(found)},
        seen=message(
            "packages come from {releases}", releases=sorted(releases) or message("no list")
        ),
        wanted=message(
            "only from {release}, the release that is installed", release=facts.codename(found)
        ),
        fix="one release in /etc/apt/sources.list and sources.list.d, then apt-get update",
    )


@control("trusted-repos")
def test_software_comes_from_declared_repositories(found, settings):
    """No source without signature, none undeclared, and no package from nowhere."""
    for key in ("APT::Get::AllowUnauthenticated", "Acquire::AllowInsecureRepositories",
                "Acquire::AllowWeakRepositories",
                "Acquire::AllowDowngradeToInsecureRepositories"):  # fmt: skip
        expect_setting(found, key, "false")
    for key in ("Acquire::Check-Valid-Until", "Acquire::Check-Date"):
        seen = apt_settings.values(found, key)
        expect(
            all(truth(one) for one in seen),
            seen=message("{key} = {values}", key=key, values=seen or message("not set")),
            wanted="not set, or true",
            fix=OTHER_FILE,
        )
    elsewhere = apt_settings.looks_elsewhere(found)
    expect(
        not elsewhere,
        seen=message("apt is led elsewhere by: {settings}", settings=elsewhere or message("none")),
        wanted="one configuration for all of apt's programs, and its own tools",
        fix=OTHER_FILE,
    )
    unsafe = repositories.unsafe_sources(found)
    expect(
        not unsafe,
        seen=message(
            "sources taken without a valid signature: {sources;}",
            sources=unsafe or message("none"),
        ),
        wanted="every source is signed, and its signature verified",
        fix="take the option out of the source; a repository without signature is not usable",
    )
    undeclared = repositories.undeclared_sources(
        found, settings.updates_distribution_origins, settings.updates_repositories
    )
    expect(
        not undeclared,
        seen=message(
            "{n} sources; undeclared: {sources;}",
            n=len(sources(found["apt"])[0]),
            sources=undeclared or message("none"),
        ),
        wanted="the distribution's own, or declared in updates_third_parties with that key",
        fix="remove the source, or declare it: origin, Signed-By, purpose, who asked for it",
    )
    local = repositories.without_repository(
        found, (one["name"] for one in settings.updates_local_packages)
    )
    expect(
        not local,
        seen=message("packages of no repository: {packages}", packages=local or message("none")),
        wanted="only packages of updates_local_packages: nothing else brings their updates",
        fix="remove them, or declare them with their purpose and who brings their updates",
    )
