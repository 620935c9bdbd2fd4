"""What is in the image of a virtual machine. Pure."""

from __future__ import annotations

from socle.lab import images
from socle.lab.vm.spec import ADDRESS, ADMINISTRATOR, NAME_SERVER, OPERATOR

PACKAGES = (
    *images.PACKAGES,
    "btrfs-progs",
    "cryptsetup",
    "cryptsetup-initramfs",
    "dosfstools",
    "e2fsprogs",
    "grub-common",
    "grub-pc-bin",
    "initramfs-tools",
    "linux-image-amd64",  # the "cloud" kernel knows no USB
    "lvm2",
    "mdadm",
    "rclone",
    "restic",
    "udev",
    "udisks2",
)

MODULES = ("virtio_pci", "virtio_blk", "ext4", "dm_crypt", "aesni_intel", "xts")
"""What the initramfs needs to find and unlock the root."""

BEFORE_PACKAGES = """\
set -eu
# One initramfs at the end, instead of several on the way.
chroot "$1" dpkg-divert --quiet --local --rename --add /usr/sbin/update-initramfs
ln -s /bin/true "$1/usr/sbin/update-initramfs"
"""

# Arrays, volume groups and btrfs are for other disks than the root: their hooks make the initramfs
# load and time the whole of RAID, which takes seconds under emulation.
AFTER_PACKAGES = f"""\
chroot "$1" useradd --create-home --shell /bin/bash --groups sudo {ADMINISTRATOR}
chroot "$1" install -d -m 700 -o {ADMINISTRATOR} -g {ADMINISTRATOR} /home/{ADMINISTRATOR}/.ssh
rm "$1/usr/sbin/update-initramfs"
chroot "$1" dpkg-divert --quiet --local --rename --remove /usr/sbin/update-initramfs
hooks="$1/usr/share/initramfs-tools/hooks"
chmod a-x "$hooks/mdadm" "$hooks/lvm2" "$hooks/btrfs"
chroot "$1" update-initramfs -c -k all
chmod a+x "$hooks/mdadm" "$hooks/lvm2" "$hooks/btrfs"
"""


IMAGE = images.Image("trixie", PACKAGES, images.RECIPE + AFTER_PACKAGES)


def files(*, encrypted: bool) -> dict[str, str]:
    """Path -> text of what is written before the packages are installed."""
    root = "/dev/mapper/cryptroot" if encrypted else "/dev/vda"
    written = {
        "etc/fstab": f"{root} / ext4 errors=remount-ro 0 1\n",
        "etc/initramfs-tools/conf.d/lab": "MODULES=list\nCOMPRESS=lz4\nRESUME=none\n",
        "usr/share/initramfs-tools/modules.d/lab": "".join(f"{m}\n" for m in MODULES),
        "etc/systemd/network/10-lab.network": _NETWORK,
    }
    if encrypted:
        written["etc/crypttab"] = "cryptroot /dev/vda none luks,initramfs\n"
    return written


_NETWORK = f"""\
[Match]
Type=ether

[Network]
DHCP=no
IPv6AcceptRA=no
Address={ADDRESS}/24
Gateway={OPERATOR}
"""


def resolv_conf() -> str:
    """QEMU answers names."""
    return f"nameserver {NAME_SERVER}\n"
