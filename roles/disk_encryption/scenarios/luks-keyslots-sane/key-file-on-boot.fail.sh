#!/bin/sh
# lab: vm
# "So that nobody has to type it." /boot is on a plain disk, as usual, and the key lies there.
set -e
mkfs.ext4 -q /dev/vdd
mount /dev/vdd /mnt
cp -a /boot/. /mnt/
umount /mnt
mount /dev/vdd /boot
head -c 64 /dev/urandom >/boot/disque.key
