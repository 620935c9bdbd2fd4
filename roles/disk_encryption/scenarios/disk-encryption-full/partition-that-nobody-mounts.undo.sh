#!/bin/sh
# The provider erases the old disk.
wipefs --all --quiet /dev/vdd1 /dev/vdd
blockdev --rereadpt /dev/vdd
udevadm settle
