"""pyinfra: the firewall room."""

from collections.abc import Iterator

from pyinfra.api import deploy

from socle.apply import (
    Guard,
    Observed,
    command_on_change,
    confirm,
    managed_files,
    observed,
    packages,
    removal_refused,
    resolved_host,
    unit,
)
from socle.baseline.model import Host
from socle.baseline.next_start import refusals
from socle.baseline.way_in import missing

RULES = "/etc/socle/firewall.nft"
CANARY = "/etc/socle/canary.nft"
UNIT = "/etc/systemd/system/socle-firewall.service"
KEEPER = "/etc/systemd/system/nftables.service.d/socle.conf"


def preflight(host: Host, seen: Observed) -> Iterator[str]:
    """Flows and others' rules that would keep the operator out, now or after a restart; removals
    that go too far.
    """
    if seen.client is not None and seen.port is not None:
        rules = [host.settings[f"firewall_{way}"] for way in ("inbound", "outbound")]
        found = missing(*rules, client=seen.client, port=seen.port, path=seen.path, host=host.name)
        if found is not None:
            yield f"{found.why}. {found.advice}"
    if reason := removal_refused(host.settings["firewall_forbidden_packages"], seen):
        yield reason
    yield from refusals(seen.rooms.get("firewall", ()))


@deploy("Firewall")
def firewall() -> None:
    """Declared flows in our own table, loaded at boot, with the canary beside it."""
    settings = resolved_host().settings
    drifted = observed().rooms.get("firewall", ())
    guard = Guard(
        seconds=settings["firewall_guard_seconds"],
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
