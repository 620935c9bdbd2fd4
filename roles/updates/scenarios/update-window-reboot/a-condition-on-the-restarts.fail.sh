#!/bin/sh
# "Not this month": the timer is there, the service never starts.
mkdir -p /etc/systemd/system/socle-reboot.service.d
printf '[Unit]\nConditionPathExists=/run/redemarrage-permis\n' \
    >/etc/systemd/system/socle-reboot.service.d/zz.conf
systemctl daemon-reload
