#!/bin/sh
# lab: vm
# Out of fstab, still on the disk: with what was in memory, and systemd may switch it on again.
mkswap /dev/vdd >/dev/null
udevadm settle
