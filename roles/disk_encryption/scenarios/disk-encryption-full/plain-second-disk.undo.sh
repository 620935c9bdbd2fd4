#!/bin/sh
# The provider brings the data back and erases the disk.
umount /srv
wipefs --all --quiet /dev/vdc
