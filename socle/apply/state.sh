#!/bin/sh
# What is installed, and units as they are at boot and now: one record a line. Read-only.
export LC_ALL=C
dpkg-query -W -f='package ${Package} ${db:Status-Abbrev}\n' 2>/dev/null
# systemd looks through every folder for each unit that it lists: only those are asked about of which
# this host says more than their packages do.
find /etc/systemd/system /run/systemd/system -mindepth 1 -maxdepth 2 ! -type d -printf '%f\n' 2>/dev/null |
    grep -vE '\.(conf|d)$' | sort -u | sed 's/\\/&&/g' |
    xargs -rd '\n' systemctl list-unit-files --no-legend --no-pager -- 2>/dev/null | awk '{print "unitfile", $1, $2}'
systemctl list-units --all --plain --no-legend --no-pager 2>/dev/null | awk '{print "unit", $1, $3}'
