#!/bin/sh
# What is installed, and units as they are at boot and now: one record a line. Read-only.
export LC_ALL=C
dpkg-query -W -f='package ${Package} ${db:Status-Abbrev}\n' 2>/dev/null
systemctl list-unit-files --no-legend --no-pager 2>/dev/null | awk '{print "unitfile", $1, $2}'
systemctl list-units --all --plain --no-legend --no-pager 2>/dev/null | awk '{print "unit", $1, $3}'
