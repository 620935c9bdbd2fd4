#!/bin/sh
# lab: vm
# The data partition of the former system is still there, with all that was on it.
set -e
# A partition table with one Linux partition of 200 MiB; there is no sfdisk in every system.
printf '\000\000\000\000\203\000\000\000\000\010\000\000\000\100\006\000' |
    dd of=/dev/vdd bs=1 seek=446 conv=notrunc status=none
printf '\125\252' | dd of=/dev/vdd bs=1 seek=510 conv=notrunc status=none
blockdev --rereadpt /dev/vdd
udevadm settle
mkfs.ext4 -q /dev/vdd1
mount /dev/vdd1 /mnt
head -c 5M /dev/zero >/mnt/dossiers
umount /mnt
