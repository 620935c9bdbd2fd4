"""pyinfra: the imaging room."""

from pyinfra.api import deploy

from socle.apply import (
    command_on_change,
    managed_files,
    observed,
    packages,
    refuse,
    resolved_host,
    unit,
)

PROGRAM = "/usr/local/sbin/socle-imaging"
SETTINGS = "/etc/socle/imaging"
UNITS = "/etc/systemd/system"


@deploy("Imaging")
def imaging() -> None:
    """Orthanc as declared, by a program on the host that takes back what does not work."""
    settings = resolved_host().settings
    installed, *drifted = observed().rooms.get("imaging", ()) or ("",)
    if not settings["imaging_server"] or not (settings["imaging_orthanc"] or installed):
        return
    if settings["imaging_missing"]:
        refuse(
            "refused before any change: no password of Orthanc's account "
            f"{', '.join(settings['imaging_missing'])}. Set imaging_orthanc: true and make it "
            "with: socle backup passwords inventories/PRACTICE"
        )
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
