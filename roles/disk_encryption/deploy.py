"""pyinfra: the disk_encryption room. Nothing here touches a disk's content."""

from pyinfra.api import deploy

from socle.apply import command_on_change, managed_files, masked, observed, resolved_host

SLEEP = "/etc/systemd/sleep.conf.d/socle.conf"
GRUB = "/etc/grub.d/09_socle"
MKCONFIG = "grub-mkconfig --output=/boot/grub/grub.cfg"
UNFIT = "swap unfit for hibernation"
TARGETS = ("hibernate.target", "hybrid-sleep.target", "suspend-then-hibernate.target")


@deploy("Disk encryption")
def disk_encryption() -> None:
    """No hibernation into swap that it would not survive in secret; a locked start menu."""
    settings, seen = resolved_host().settings, observed().rooms.get("disk_encryption", ())
    hibernates = settings["disk_encryption_hibernation"] and UNFIT not in seen
    locks = settings["disk_encryption_grub_password_hash"] and "grub present" in seen
    unneeded = {SLEEP: hibernates, GRUB: not locks}
    files = managed_files("disk_encryption", without=[one for one in unneeded if unneeded[one]])
    if not hibernates:
        masked(*TARGETS)
    else:
        states = observed().unit_files
        hindered = any(states.get(target, "").startswith("masked") for target in TARGETS)
        command_on_change(f"systemctl unmask {' '.join(TARGETS)}", when=[], or_when=hindered)
    command_on_change("chmod 700 /boot", when=[], or_when="boot open" in seen)
    if "grub present" in seen:
        command_on_change(MKCONFIG, when=[files[GRUB]], or_when="grub stale" in seen)
