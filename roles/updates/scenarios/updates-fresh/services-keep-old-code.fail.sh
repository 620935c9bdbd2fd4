#!/bin/sh
# A program started long ago runs a library that an update has replaced.
set -e
mkdir -p /usr/local/lib/essai
cp /usr/lib/x86_64-linux-gnu/libz.so.1 /usr/local/lib/essai/libessai.so
systemd-run --quiet --unit=dictee --property=Environment=LD_PRELOAD=/usr/local/lib/essai/libessai.so \
    sleep infinity
until grep -q libessai "/proc/$(systemctl show --property=MainPID --value dictee)/maps"; do sleep 0.1; done
cp /usr/local/lib/essai/libessai.so /usr/local/lib/essai/new
mv /usr/local/lib/essai/new /usr/local/lib/essai/libessai.so
