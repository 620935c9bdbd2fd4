#!/bin/sh
# No engine removes a file that it does not know: the provider does.
rm /etc/systemd/system/apt-daily-upgrade.timer.d/zz.conf
timedatectl set-timezone Etc/UTC 2>/dev/null || ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime
systemctl daemon-reload
systemctl restart apt-daily-upgrade.timer
