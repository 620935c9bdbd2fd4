#!/bin/sh
# lab: vm
# "The first disk was full, so /home went to a new one." Which nobody encrypted.
set -e
mkfs.ext4 -q /dev/vdb
mount /dev/vdb /mnt
cp -a /home/. /mnt/
umount /mnt
mount /dev/vdb /home
