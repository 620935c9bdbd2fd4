#!/bin/sh
# "At ten, so that I can see whether it works."
sed -i '/^OnCalendar=./s/.*/OnCalendar=Mon..Fri *-*-* 10:00:00/' \
    /etc/systemd/system/apt-daily-upgrade.timer.d/socle.conf
systemctl daemon-reload
systemctl restart apt-daily-upgrade.timer
