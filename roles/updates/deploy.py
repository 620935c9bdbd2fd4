"""pyinfra: the updates room."""

from pyinfra.api import deploy

from socle.apply import command_on_change, managed_files, observed, packages, resolved_host, unit

SYSTEMD = "/etc/systemd/system"
DAY = 24 * 60 * 60


@deploy("Updates")
def updates() -> None:
    """Updates and restarts in the idle windows; a machine that is behind updates now."""
    settings = resolved_host().settings
    seen = observed().rooms.get("updates", ())

    packages(present=settings["updates_packages"])
    files = managed_files("updates")
    services = [meta for path, meta in files.items() if ".service" in path]
    command_on_change("systemctl daemon-reload", when=services)
    command_on_change(
        "systemctl --quiet unmask apt-daily.service apt-daily-upgrade.service",
        when=[],
        or_when=any(line.startswith("masked ") for line in seen),
    )
    for name in ("apt-daily", "apt-daily-upgrade"):
        unit(f"{name}.timer", reload_when=[files[f"{SYSTEMD}/{name}.timer.d/socle.conf"]])
    restarts = files[f"{SYSTEMD}/socle-reboot.timer"]
    wanted = settings["updates_automatic_restart"]
    unit("socle-reboot.timer", enabled=wanted, running=wanted, reload_when=[restarts])
    # Waited for: whoever installs something after us finds apt's lock free. It ends well even
    # where the updates fail: that is for the checks to say, not a reason to leave the rest undone.
    command_on_change(
        "systemctl start apt-daily-upgrade.service || :",
        when=[],
        or_when="running" not in seen and _age(seen) > settings["updates_max_age_days"] * DAY,
    )


def _age(seen: tuple[str, ...]) -> int:
    """Seconds since the machine last fetched and ran its updates with success."""
    return max((int(line.split()[1]) for line in seen if line.startswith("age ")), default=0)
