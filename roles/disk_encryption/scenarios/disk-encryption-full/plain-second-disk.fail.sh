#!/bin/sh
# lab: vm
# A second disk for the images, formatted in a hurry.
set -e
mkfs.ext4 -q /dev/vdc
mount /dev/vdc /srv
head -c 5M /dev/zero >/srv/image
