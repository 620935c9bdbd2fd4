#!/bin/sh
# Read before ours, and read-only: ours cannot set it any more.
echo 'readonly TMOUT=0' >/etc/profile.d/00-no-timeout.sh
