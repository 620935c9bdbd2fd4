#!/bin/sh
# lab: vm
# A swap file, on the disk that had room.
set -e
mkfs.ext4 -q /dev/vdc
mount /dev/vdc /mnt
fallocate --length 64M /mnt/swapfile
chmod 600 /mnt/swapfile
mkswap /mnt/swapfile >/dev/null
swapon /mnt/swapfile
