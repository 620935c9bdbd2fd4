#!/bin/sh
# "Nothing when the lid closes", as a desktop's tweaks offer it.
systemd-run --quiet --unit=couvercle systemd-inhibit --what=handle-lid-switch --who=tweaks \
    --why='the lid' sleep infinity
for _ in $(seq 100); do
    ! systemd-inhibit --list --no-legend | grep -q handle-lid-switch || exit 0
    sleep 0.1
done
exit 1
