"""pyinfra: the imaging room."""

from pyinfra.api import deploy

from socle.apply import (
    command_on_change,
    observed,
    packages,
    refuse,
    resolved_host,
    static,
    static_tree,
    template,
    unit,
)

PROGRAM = "/usr/local/sbin/socle-imaging"
UNITS = "/etc/systemd/system"
RENEWAL = f"{UNITS}/socle-imaging-renew"


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
    static_tree("/usr/local/lib/socle/imaging")
    static(PROGRAM, mode="755")
    files = [
        template("/etc/socle/imaging.json"),
        template("/etc/socle/imaging-secrets.json", mode="600", secret=True),
        template("/etc/socle/imaging/confinement.conf"),
        template("/etc/socle/imaging/stunnel.conf"),
        template(f"{UNITS}/socle-imaging-tls.service"),
    ]
    about = "; ".join(drifted) or "what is declared"
    command_on_change(
        f"{PROGRAM} apply",
        when=files,
        or_when=bool(drifted),
        title=f"Orthanc: {about}",
    )
    timer = [template(f"{RENEWAL}.service"), template(f"{RENEWAL}.timer")]
    unit("socle-imaging-renew.timer", reload_when=timer)
