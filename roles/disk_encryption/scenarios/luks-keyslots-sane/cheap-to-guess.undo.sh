#!/bin/sh
# The provider makes the volume anew.
umount /srv
cryptsetup close coffre
wipefs --all --quiet /dev/vdb
rm /root/srv.key
