"""pyinfra: the imaging room."""

from collections.abc import Iterator, Mapping
from typing import Any

from pyinfra.api import deploy

from socle.apply import (
    Observed,
    command_on_change,
    managed_files,
    observed,
    packages,
    resolved_host,
    unit,
)
from socle.baseline.model import Host

PROGRAM = "/usr/local/sbin/socle-imaging"
SETTINGS = "/etc/socle/imaging"
UNITS = "/etc/systemd/system"


def preflight(host: Host, seen: Observed) -> Iterator[str]:
    """Orthanc's accounts without a password, where there is an Orthanc to set."""
    missing = host.settings["imaging_missing"]
    if missing and _concerned(host.settings, seen):
        yield (
            f"no password of Orthanc's account {', '.join(missing)}. Set imaging_orthanc: true and "
            "make it with: socle backup passwords inventories/PRACTICE"
        )


@deploy("Imaging")
def imaging() -> None:
    """Orthanc as declared, by a program on the host that takes back what does not work."""
    settings, seen = resolved_host().settings, observed()
    if not _concerned(settings, seen):
        return
    _, *drifted = seen.rooms.get("imaging", ()) or ("",)
    packages(present=settings["imaging_packages"])
    files = managed_files("imaging")
    timer = [meta for path, meta in files.items() if "/socle-imaging-renew." in path]
    told = [meta for path, meta in files.items() if path.startswith(SETTINGS)]
    about = "; ".join(drifted) or "what is declared"
    command_on_change(
        f"{PROGRAM} apply",
        when=[*told, files[f"{UNITS}/socle-imaging-tls.service"]],
        or_when=bool(drifted),
        title=f"Orthanc: {about}",
    )
    unit("socle-imaging-renew.timer", reload_when=timer)


def _concerned(settings: Mapping[str, Any], seen: Observed) -> bool:
    """Whether the host has an Orthanc, or is to have one."""
    installed = "installed" in seen.rooms.get("imaging", ())
    return bool(settings["imaging_server"]) and (settings["imaging_orthanc"] or installed)
