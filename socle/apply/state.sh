#!/bin/sh
# What is installed, and units as they are at boot and now: one record a line. Read-only.
export LC_ALL=C
dpkg-query -W -f='package ${Package} ${db:Status-Abbrev}\n' 2>/dev/null
# At boot: those of which this host says more than their packages do. To list a unit systemd looks
# through all of its folders; a list of every unit takes longer than all other questions together.
find /etc/systemd/system /run/systemd/system -mindepth 1 -maxdepth 2 ! -type d ! -name '*.conf' -printf '%f\n' |
    sed 'p; s/@.*\./@./' | sort -u | xargs -rd '\n' systemctl list-unit-files --no-legend --no-pager -- |
    awk '{print "unitfile", $1, $2}'
systemctl list-units --all --plain --no-legend --no-pager 2>/dev/null | awk '{print "unit", $1, $3}'
