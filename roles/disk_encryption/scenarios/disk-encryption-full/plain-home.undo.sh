#!/bin/sh
# The provider brings the data back and erases the disk. The session that runs this lives in /home:
# read-only, what is still open cannot write the file system's signature again.
mount -o remount,ro /home
umount --lazy /home
wipefs --all --force --quiet /dev/vdb
