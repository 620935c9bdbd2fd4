"""What goes along when packages are removed, and whether a machine can do without it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

NEEDED = ("nftables", "openssh-server", "python3", "sudo", "systemd")
"""Packages that must never be removed: the way in, and what the rooms work with."""

STAYS = frozenset({
    *NEEDED,
    "apt", "base-files", "base-passwd", "bash", "coreutils", "dash", "dbus", "dbus-bin",
    "dbus-broker", "dbus-daemon", "dbus-system-bus-common", "dbus-user-session", "debconf",
    "dpkg", "grep", "gzip", "init", "libc-bin", "libc6", "libpam-modules",
    "libpam-modules-bin", "libpam-runtime", "libpam-systemd", "login", "login.defs", "mount",
    "ncurses-base", "passwd", "perl-base", "polkitd", "procps", "python3-apt",
    "python3-minimal", "sed", "sudo-ldap", "systemd-boot",
    "systemd-resolved", "systemd-sysv", "tar", "udev", "util-linux",
    "bridge-utils", "connman", "dhcpcd", "dhcpcd-base", "dhcpcd5", "firmware-iwlwifi",
    "ifenslave", "ifupdown", "ifupdown-ng", "ifupdown2", "iproute2", "isc-dhcp-client", "iw",
    "iwd", "libnss-resolve", "libnss-systemd", "netbase", "netplan-generator", "netplan.io",
    "network-manager", "openresolv", "ppp", "resolvconf", "udhcpc", "vlan",
    "wireless-regdb", "wpasupplicant",
    "openssh-sftp-server",
    "cryptsetup", "cryptsetup-bin", "cryptsetup-initramfs", "dmsetup", "dracut", "e2fsprogs",
    "grub-common", "grub-efi-amd64", "grub-efi-amd64-signed", "grub-efi-arm64", "grub-pc",
    "grub2-common", "initramfs-tools", "initramfs-tools-core", "kmod", "linux-image-amd64",
    "linux-image-arm64", "lvm2", "mdadm", "shim-signed",
})  # fmt: skip
"""Packages that no practice may have removed by name, in use or not: a machine that lacks one may
not start again, has no network after its next start, or lets nobody in. Some machines do without
many of these; what one machine can do without, nobody sees from the settings of all."""

CARRIERS = {
    "connman": "connman.service",
    "dhcpcd-base": "dhcpcd.service",
    "ifupdown": "networking.service",
    "netplan.io": "systemd-networkd.service",
    "network-manager": "NetworkManager.service",
    "openvpn": "openvpn",
    "strongswan-starter": "strongswan-starter.service",
    "tailscale": "tailscaled.service",
    "wireguard-tools": "wg-quick@",
    "zerotier-one": "zerotier-one.service",
}
"""Packages that a machine's network may hang on, and how the unit begins that says so."""


@dataclass(frozen=True)
class Removal:
    """What ``socle/apply/removal.sh`` says that apt would do.

    ``along``: packages that nobody named; ``asked_for``: those of them that somebody installed by
    name, so not only because another package wanted them.
    """

    named: tuple[str, ...] = ()
    along: tuple[str, ...] = ()
    asked_for: tuple[str, ...] = ()
    active: tuple[str, ...] = ()
    error: str = ""


def removal(lines: Iterable[str], named: Collection[str]) -> Removal:
    """Read the answer of ``removal.sh``; lines of any other form are left out."""
    said: dict[str, list[str]] = {}
    for line in lines:
        found = re.fullmatch(r"(remove|manual|active) ([\w.+@:\\-]{1,200})", line, re.ASCII)
        if found:
            said.setdefault(found[1], []).append(found[2])
        elif line.startswith("error "):
            said.setdefault("error", []).append(line.removeprefix("error "))
    gone = [name.partition(":")[0] for name in said.get("remove", [])]
    along = tuple(sorted(set(gone) - set(named)))
    return Removal(
        tuple(sorted(set(gone) & set(named))),
        along,
        tuple(name for name in along if name in said.get("manual", [])),
        tuple(said.get("active", [])),
        "; ".join(said.get("error", [])),
    )


def refusal(found: Removal) -> str:
    """Why these packages stay; empty: they may go."""
    names = ", ".join(found.named)
    if found.error:
        return f"apt cannot tell what it would remove: {found.error}"
    needed = [name for name in found.along if name in NEEDED]
    if needed:
        return f"removing {names} would take {', '.join(needed)} along, which is needed"
    for name in (*found.named, *found.along):
        unit = CARRIERS.get(name)
        if unit and any(active.startswith(unit) for active in found.active):
            return f"removing {names} would take {name} away, which the network here hangs on"
    if found.asked_for:
        return (
            f"removing {names} would take {', '.join(found.asked_for)} along, which somebody "
            "installed by name; name it too if it may go, or let the other stay"
        )
    return ""


def shown(found: Removal) -> list[str]:
    """A line for each package that would go."""
    names = ", ".join(found.named)
    return [
        *(f"- package {name}" for name in found.named),
        *(f"- package {name}, taken along by {names}" for name in found.along),
    ]
