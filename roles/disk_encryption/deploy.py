"""pyinfra: the disk_encryption room. Nothing here touches a disk's content."""

from collections.abc import Collection

from pyinfra.api import deploy

from socle.apply import absent_file, command_on_change, masked, observed, resolved_host, template

SLEEP = "/etc/systemd/sleep.conf.d/socle.conf"
GRUB = "/etc/grub.d/09_socle"
MKCONFIG = "grub-mkconfig --output=/boot/grub/grub.cfg"
TARGETS = ("hibernate.target", "hybrid-sleep.target", "suspend-then-hibernate.target")


@deploy("Disk encryption")
def disk_encryption() -> None:
    """No hibernation into swap that it would not survive in secret; a locked start menu."""
    seen = observed().rooms.get("disk_encryption", ())
    _hibernation(seen)
    command_on_change("chmod 700 /boot", when=[], or_when="boot open" in seen)
    _grub(seen)


def _hibernation(seen: Collection[str]) -> None:
    wanted = resolved_host().settings["disk_encryption_hibernation"]
    if not wanted or "swap unfit for hibernation" in seen:
        template(SLEEP)
        masked(*TARGETS)
        return
    absent_file(SLEEP)
    states = observed().unit_files
    hindered = any(states.get(target, "").startswith("masked") for target in TARGETS)
    command_on_change(f"systemctl unmask {' '.join(TARGETS)}", when=[], or_when=hindered)


def _grub(seen: Collection[str]) -> None:
    hashed = resolved_host().settings["disk_encryption_grub_password_hash"]
    if hashed and "grub present" in seen:
        menu = template(GRUB, mode="700", secret=True)
    else:
        menu = absent_file(GRUB)
    if "grub present" in seen:
        command_on_change(MKCONFIG, when=[menu], or_when="grub stale" in seen)
