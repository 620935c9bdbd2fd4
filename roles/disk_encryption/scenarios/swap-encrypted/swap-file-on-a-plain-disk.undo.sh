#!/bin/sh
# The provider erases the disk.
swapoff /mnt/swapfile
umount /mnt
wipefs --all --quiet /dev/vdc
