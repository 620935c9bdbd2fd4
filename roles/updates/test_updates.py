"""The updates' promises, asked of apt, systemd, the log, and of a run that changes nothing."""

import hashlib
import shlex
from datetime import UTC, date, datetime

import pytest

from roles.updates import facts
from socle.baseline.windows import Window
from socle.verify import AGAIN, control, expect, unknown

OTHER_FILE = f"remove the file of /etc/apt/apt.conf.d that says otherwise, or {AGAIN}"
RUN = "systemctl start apt-daily-upgrade.service; then its words: journalctl -u apt-daily-upgrade"


@pytest.fixture(scope="module")
def found(host):
    """What the machine says of its updates: one question for all the checks."""
    return facts.ask(host)


@control("auto-updates")
def test_updates_install_themselves(found, settings):
    """Timers run, apt's settings in force are ours, and a run without effect ends well."""
    for name in ("apt-daily", "apt-daily-upgrade"):
        expect_timer(found, name, persistent=True)
        state = found["services"][f"{name}.service"]
        expect(state == "loaded", seen=f"{name}.service: {state}", wanted="loaded", fix=AGAIN)
    run = found["dry_run"]
    expect(
        run is not None,
        seen="unattended-upgrades: " + ("installed" if run else "not installed"),
        wanted="installed",
        fix=AGAIN,
    )
    for key in ("Update-Package-Lists", "Unattended-Upgrade"):
        expect_setting(found, f"APT::Periodic::{key}", "always")
    expect_setting(found, "APT::Periodic::Enable", "1")
    name = facts.codename(found)
    wanted = {facts.with_codename(one, name) for one in settings.updates_origins}
    patterns = facts.values(found["config"], "Unattended-Upgrade::Origins-Pattern")
    seen = {facts.with_codename(one, name) for one in patterns}
    seen |= set(facts.values(found["config"], "Unattended-Upgrade::Allowed-Origins"))
    expect(
        seen == wanted,
        seen="updates come from: " + ("; ".join(sorted(seen)) or "nowhere"),
        wanted="; ".join(sorted(wanted)),
        fix=OTHER_FILE,
    )
    options = facts.values(found["config"], "DPkg::Options")
    asks = "--force-confold" not in options or "--force-confnew" in options
    expect(
        not asks,
        seen=f"a changed configuration file: {' '.join(options) or 'dpkg asks'}",
        wanted="it is kept, and nobody is asked: --force-confold",
        fix=OTHER_FILE,
    )
    expect(
        facts.security_lists(found),
        seen=f"security archive of {name}: "
        + ("fetched" if facts.security_lists(found) else "not among the fetched lists"),
        wanted="the security archive is a source of this machine",
        fix="add the security archive to /etc/apt/sources.list, then apt-get update",
    )
    if run["code"] is None:
        unknown(f"unattended-upgrade --dry-run: {run['said'][-1]}; verify again in some minutes")
    expect(
        run["code"] == 0,
        seen=f"unattended-upgrade --dry-run ended with {run['code']}: {run['said'][-1:]}",
        wanted="it ends with 0",
        fix="dpkg --configure -a; apt-get --fix-broken install; then " + RUN,
    )


@control("update-window-reboot")
def test_updates_and_restarts_keep_to_the_windows(found, settings):
    """Each coming start is inside a window; nobody else restarts; no restart waits too long."""
    windows = [Window.model_validate(one) for one in settings.updates_windows]
    names = ["apt-daily", "apt-daily-upgrade"]
    if settings.updates_automatic_restart:
        expect_timer(found, "socle-reboot", persistent=False)
        names.append("socle-reboot")
    for name in names:
        timer = found["timers"][name]
        stray = facts.strays(timer, windows)
        at = ", ".join(settings.updates_restart_windows)
        following = (timer["next"] or "never").replace("T", " ")
        expect(
            timer["next"] and not stray,
            seen=f"{name}.timer: next {following}"
            + (f"; outside the windows: {', '.join(stray)}" if stray else ""),
            wanted=f"every start within {at}, local time",
            fix=f"systemctl cat {name}.timer; remove the drop-in that is not Socle's, or {AGAIN}",
        )
    expect_setting(found, "Unattended-Upgrade::Automatic-Reboot", "false")
    expect_own_restart(found, settings)
    seconds, when = facts.age(found, "required") if found["required"] else (0, "none pending")
    logged_in = ", ".join(found["users"]) or "nobody"
    expect(
        seconds <= settings.updates_restart_days * facts.DAY,
        seen=f"restart needed: {when} ({found['required_by'] or 'no package named'}); "
        f"logged in: {logged_in}",
        wanted=f"a restart waits {settings.updates_restart_days} days at most",
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
    moments = {
        "fetched": "package lists fetched",
        "ran": "last run (its stamp)",
        "succeeded": "last success (the log)",
    }
    next_run = (found["timers"]["apt-daily-upgrade"]["next"] or "never").replace("T", " ")
    for key, what in moments.items():
        seconds, words = facts.age(found, key)
        expect(
            seconds <= limit,
            seen=f"{what}: {words}; next run: {next_run}",
            wanted=f"at most {settings.updates_max_age_days} days ago",
            fix=RUN,
        )
    expired = [one["codename"] for one in found["lists"]
               if one["valid_until"] and one["valid_until"] < found["now"]]  # fmt: skip
    expect(
        not expired,
        seen=f"lists past their own end of validity: {', '.join(expired) or 'none'}",
        wanted="none",
        fix="apt-get update, and see why it fails",
    )
    if found["pending"] is None:
        unknown(f"apt cannot tell what is pending: {found.get('apt_error')}")
    held = sorted(set(found["held"]) - set(settings.updates_held_packages))
    expect(
        not held,
        seen=f"held back from all updates: {', '.join(held) or 'none'}",
        wanted="only packages of updates_held_packages, under a waiver",
        fix=f"apt-mark unhold {shlex.join(held)}, or a waiver that sets updates_held_packages",
    )
    late, waiting = [], []
    for package, security in sorted(found["pending"].items()):
        since = found["now"] - found["first_seen"].get(package, found["now"])
        bound = settings.updates_security_days if security else settings.updates_pending_days
        waiting.append(package)
        if since > bound * facts.DAY and package not in settings.updates_held_packages:
            late.append(
                f"{package} ({'security, ' if security else ''}seen {facts.days(since)} ago)"
            )
    expect(
        not late,
        seen=f"pending: {len(waiting)} updates"
        + (f"; too late: {', '.join(late)}" if late else ""),
        wanted=f"security updates within {settings.updates_security_days} days, others within "
        f"{settings.updates_pending_days}, counted from when this machine first saw them",
        fix=f"apt-cache policy PACKAGE says what keeps it (a hold, a pin); {RUN}",
    )


@control("release-supported")
def test_the_release_gets_security_updates_for_long_enough(found, settings):
    """Debian's own calendar on the machine, against the machine's own date."""
    system = found["release"]["system"]
    if not found["release"]["calendar"]:
        unknown("no calendar of support on this machine: install distro-info-data")
    ends = facts.support_ends(found)
    today = datetime.fromtimestamp(found["now"], UTC).date()
    left = (date.fromisoformat(ends[0]) - today).days if ends else -1
    expect(
        left >= settings.updates_support_margin_days,
        seen=f"{system.get('PRETTY_NAME', 'unknown system')}: "
        + (f"supported until {ends[0]} ({ends[1]}), {left} days" if ends else "no support planned"),
        wanted=f"{settings.updates_support_margin_days} days of support left",
        fix="plan the next release now: backup, upgrade or reinstallation, tests of the software",
    )
    releases = {one.get("codename", "").partition("-")[0] for one in found["lists"]
                if one.get("origin", "").lower() == system.get("ID")}  # fmt: skip
    expect(
        releases <= {facts.codename(found)},
        seen=f"packages come from {', '.join(sorted(releases)) or 'no list'}",
        wanted=f"only from {facts.codename(found)}, the release that is installed",
        fix="one release in /etc/apt/sources.list and sources.list.d, then apt-get update",
    )


@control("trusted-repos")
def test_software_comes_from_declared_repositories(found, settings):
    """No source without signature, none undeclared, and no package from nowhere."""
    for key in ("APT::Get::AllowUnauthenticated", "Acquire::AllowInsecureRepositories",
                "Acquire::AllowWeakRepositories",
                "Acquire::AllowDowngradeToInsecureRepositories"):  # fmt: skip
        expect_setting(found, key, "false")
    unsafe = facts.unsafe_sources(found)
    expect(
        not unsafe,
        seen="sources taken without a valid signature: " + ("; ".join(unsafe) or "none"),
        wanted="every source is signed, and its signature verified",
        fix="take the option out of the source; a repository without signature is not usable",
    )
    undeclared = facts.undeclared_sources(
        found, settings.updates_distribution_origins, settings.updates_repositories
    )
    expect(
        not undeclared,
        seen=f"{len(found['sources'])} sources; undeclared: " + ("; ".join(undeclared) or "none"),
        wanted="the distribution's own, or declared in updates_third_parties with that key",
        fix="remove the source, or declare it: origin, Signed-By, purpose, who asked for it",
    )
    local = facts.without_repository(
        found, (one["name"] for one in settings.updates_local_packages)
    )
    expect(
        not local,
        seen="packages of no repository: " + (", ".join(local) or "none"),
        wanted="only packages of updates_local_packages: nothing else brings their updates",
        fix="remove them, or declare them with their purpose and who brings their updates",
    )


def expect_timer(found, name, persistent):
    """A timer that is there, enabled, active, and will fire."""
    timer = found["timers"][name]
    state = f"{timer['UnitFileState']}, {timer['ActiveState']}"
    expect(
        state == "enabled, active" and timer["next"],
        seen=f"{name}.timer: {state}, next {timer['next'] or 'never'}",
        wanted="enabled, active, and a next start",
        fix=AGAIN,
    )
    wanted = "yes" if persistent else "no"
    expect(
        timer["Persistent"] == wanted,
        seen=f"{name}.timer catches up missed runs: {timer['Persistent']}",
        wanted=wanted,
        fix=AGAIN,
    )


def expect_setting(found, key, wanted):
    """One of apt's settings, as it is in force."""
    seen = facts.values(found["config"], key)
    expect(
        [one.lower() for one in seen] == [wanted],
        seen=f"{key} = {', '.join(seen) or 'not set'}",
        wanted=wanted,
        fix=OTHER_FILE,
    )


def expect_own_restart(found, settings):
    """The program that restarts is ours, with our windows."""
    wanted = {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in facts.ON_HOST.glob("*.py")
    }
    other = sorted(name for name, digest in wanted.items() if found["programs"].get(name) != digest)
    expect(
        not other,
        seen="programs that are not Socle's own: " + (", ".join(other) or "none"),
        wanted="none",
        fix=AGAIN,
    )
    words = f"reboot.py {' '.join(settings.updates_restart_windows)} ;"
    given = found["restart"].partition("argv[]=")[2].partition(";")[0].strip()
    expect(
        words in found["restart"] or not settings.updates_automatic_restart,
        seen=f"restarts: {given or 'no service'}",
        wanted=f"in {', '.join(settings.updates_restart_windows)}",
        fix=AGAIN,
    )
