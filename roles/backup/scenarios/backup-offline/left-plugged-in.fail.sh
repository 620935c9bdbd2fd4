#!/bin/sh
# lab: vm
# "So that nobody forgets it": the disk has been plugged in since yesterday.
uuid=$(python3 -c 'import json; print(next(r["luks_uuid"] for r in json.load(
    open("/etc/socle/backup.json"))["repositories"] if r["kind"] == "disk"))')
ln -sf ../../vdd "/dev/disk/by-uuid/$uuid"
touch --no-dereference --date='13 hours ago' "/dev/disk/by-uuid/$uuid"
