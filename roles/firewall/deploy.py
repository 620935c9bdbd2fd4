"""pyinfra: the firewall room."""

from pyinfra.api import deploy

from socle.apply import (
    Guard,
    command_on_change,
    confirm,
    leave_out,
    managed_files,
    observed,
    packages,
    resolved_host,
    unit,
)
from socle.baseline.way_in import missing

RULES = "/etc/socle/firewall.nft"
CANARY = "/etc/socle/canary.nft"
UNIT = "/etc/systemd/system/socle-firewall.service"
KEEPER = "/etc/systemd/system/nftables.service.d/socle.conf"


@deploy("Firewall")
def firewall() -> None:
    """Declared flows in our own table, loaded at boot, with the canary beside it."""
    settings = resolved_host().settings
    refuse_lockout()
    drifted = observed().rooms.get("firewall", ())
    guard = Guard(
        seconds=settings["firewall_guard_seconds"],
        paths=[RULES, CANARY, UNIT, KEEPER],
        tables=["inet socle_canary", "inet socle"],
    )

    packages(present=settings["firewall_packages"], absent=settings["firewall_forbidden_packages"])
    files = managed_files("firewall", guard=guard)
    command_on_change(
        f"nft -f {CANARY}",
        when=[files[CANARY]],
        or_when="drifted socle_canary" in drifted,
        guard=guard,
    )
    unit(
        "socle-firewall.service",
        reload_when=[files[RULES], files[UNIT], files[KEEPER]],
        or_when="drifted socle" in drifted,
        guard=guard,
    )
    confirm(guard)


def refuse_lockout() -> None:
    """Leave a host out whose flows would keep the operator out, now or after a restart."""
    host, seen = resolved_host(), observed()
    if seen.client is None or seen.port is None:
        return
    rules = [host.settings[f"firewall_{way}"] for way in ("inbound", "outbound")]
    found = missing(*rules, client=seen.client, port=seen.port, path=seen.path, host=host.name)
    if found is not None:
        leave_out(f"refused before any change: {found.why}. {found.advice}")
