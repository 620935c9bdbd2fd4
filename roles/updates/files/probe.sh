#!/bin/sh
# Prints the age in seconds of the oldest of: lists fetched, updates run, and the log's last word
# of success; "masked UNIT" for apt's own services; "running" while they work. Read-only.
now=$(date +%s)
said=$(zcat -f /var/log/unattended-upgrades/unattended-upgrades.log.1* \
    /var/log/unattended-upgrades/unattended-upgrades.log 2>/dev/null | tr '\000' '\n' |
    LC_ALL=C sed -nE 's/^([0-9-]{10} [0-9:]{8}),[0-9]+ INFO (No packages found that can be upgraded|All upgrades installed).*/\1/p' |
    tail -n 1)
oldest=$(date -d "${said:-@0}" +%s 2>/dev/null || echo 0)
for stamp in update-stamp unattended-upgrades-stamp; do
    at=$(stat -c %Y "/var/lib/apt/periodic/$stamp" 2>/dev/null || echo 0)
    [ "$at" -ge "$oldest" ] || oldest=$at
done
echo "age $((now - oldest))"
for unit in apt-daily apt-daily-upgrade; do
    [ "$(systemctl is-enabled "$unit.service" 2>/dev/null)" != masked ] || echo "masked $unit.service"
done
[ "$(systemctl is-active apt-daily-upgrade.service)" != activating ] || echo running
