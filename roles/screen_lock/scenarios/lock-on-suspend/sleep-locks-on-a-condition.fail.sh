#!/bin/sh
# The right program, under a condition that is never met.
mkdir -p /etc/systemd/system/socle-lock-sleep.service.d
printf '[Unit]\nConditionPathExists=/nonexistent\n' \
    >/etc/systemd/system/socle-lock-sleep.service.d/condition.conf
systemctl daemon-reload
