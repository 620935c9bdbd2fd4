#!/bin/sh
# The provider makes it anew.
umount /srv
cryptsetup close essai
wipefs --all --quiet /dev/vdb
